"""The acts of stages 3 to 7 as the incident page offers them. What is about one measure has its own pages."""

from . import analysing, planning, short_path, verifying

__all__ = ["analysing", "planning", "short_path", "verifying"]
