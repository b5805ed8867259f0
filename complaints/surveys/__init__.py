"""Satisfaction surveys: made by quality managers, answered by customers, never by staff (DOMAIN §5, ISO 10004)."""
