"""Assessment (考核): schemes, scorecards, ranking, and what follows from them (002 §4.3, 001 §10.2)."""
