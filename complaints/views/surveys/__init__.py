"""Surveys: the pages of those who make them, type in answers and put up links; and what customers answer."""
