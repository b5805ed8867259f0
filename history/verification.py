"""Sealing the days and finding any forgery."""
