"""Statistical process control (ISO 7870): pure functions over numbers, without database or request."""
