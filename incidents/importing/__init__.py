"""Bringing incidents over from files: somebody's columns are mapped to our fields, tried, then reported one by one.

fields      what can be imported, and by which headings it is recognised
stamps      moments as people write them
mapping     which column means what: saved, guessed, checked
reading     rows of the file -> cases, or what is wrong with them
bringing    cases -> incidents, with the history they have had elsewhere
running     the whole file: dry run and import, in batches, as a job
"""
