"""Dates are written 2026-11-20 14:30 in every language of the interface (24-hour clock)."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%Y/%m/%d"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"]
# Django groups none in Chinese; money is read as 96,000.
THOUSAND_SEPARATOR, NUMBER_GROUPING = ",", 3
