"""Tables that people send and take: CSV and XLSX, read forgivingly and written safely.

    with read_table(upload, upload.name) as table:
        for number, cells in table.rows:    # number as a spreadsheet shows it: the heading is row 1
            ...

Reading raises TableError with a sentence for the person, on opening or in the middle. Cells are str, int, float, bool,
datetime, date, time or None; no number is localised, no formula is run.
"""

from .model import Cell, Table, TableError, text_of
from .reading import read_table
from .writing import write_csv, write_xlsx

__all__ = ["Cell", "Table", "TableError", "read_table", "text_of", "write_csv", "write_xlsx"]
