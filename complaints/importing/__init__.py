"""Bringing over what customers said elsewhere: answers of surveys (`answers`), complaints with their replies (`cases`).

Files are read, tried and imported as those of incidents are (`incidents.importing`): the same reading of tables, dates
and marks for "missing", the same batches, jobs and row-numbered messages.
"""
