"""Answers of a survey from a wide table: one respondent per row, one question per column.

mapping     which columns are questions, on which scale, and what the other columns mean
guessing    a first proposal, from the headings and the values
reading     rows -> answers, or what is wrong with them
making      a survey for a file that has none here yet
shares      tables of published shares, which are no answers
running     the whole file: dry run and import, as a job
"""
