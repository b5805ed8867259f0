"""Figures from files: one per row, a column each, or counted from rows of single cases.

Files are read, tried and imported as those of incidents are (`incidents.importing`): the same tables, dates, marks for
"missing", batches, jobs and row-numbered messages.

cells     figures and periods as people write them
mapping   which column means what, in which of the three layouts
guessing  a first proposal, from the headings and the values
reading   rows -> figures, or what is wrong with them
running   the whole file: dry run and import, as a job
"""
