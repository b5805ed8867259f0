"""The numbers: what is counted, what of it varies as usual and what changed, and who is told."""
