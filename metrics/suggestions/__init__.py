"""The suggestion box, and thanks (000 §5)."""
