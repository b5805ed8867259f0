"""The acts that the page of a complaint offers, one module for each part; all are loaded when the app is ready."""
