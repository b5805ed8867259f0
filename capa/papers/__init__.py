"""The papers of a case: the four forms, the 8D, the A3 and the complete case file, to be printed or taken as PDF."""
