"""The page of one indicator, and the catalogue of all."""
