"""Complaints with their replies, from another system: one row each.

fields      what can be imported, and by which headings it is recognised
reading     rows -> complaints, or what is wrong with them
bringing    complaints on record, with the life they have had elsewhere
running     the whole file: dry run and import, as a job
"""
