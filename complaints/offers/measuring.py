"""Sources of numbers for verifications that live in this app are registered by being loaded."""

from complaints import measuring
from complaints.surveys import measuring as satisfaction

__all__ = ["measuring", "satisfaction"]
