"""Tables as people really send them, and as we give them back."""

import csv
import datetime as dt
import gzip
import io
import zipfile

import openpyxl
import pytest

from people.tables import TableError, model, read_table, text_of, write_csv, write_xlsx


def read(data: bytes, name="table.csv", **options):
    with read_table(io.BytesIO(data), name, **options) as table:
        return table, list(table.rows)


def workbook(*rows, sheet=None) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    for row in rows:
        page.append(row)
    if sheet:
        sheet(page)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


CHINESE = "编号,内容\r\n1,空调不制冷\r\n2,列车晚点\r\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
    ],
)  # fmt: skip
def test_chinese_is_read_in_every_usual_encoding(encoding, named):
    text = CHINESE if encoding != "utf-16-le" else "id,text\r\n1,abc\r\n2,列车\r\n"
    table, rows = read(text.encode(encoding))
    assert table.encoding == named and len(table.headings) == 2
    assert not table.headings[0].startswith("\ufeff") and [number for number, _cells in rows] == [2, 3]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter):
    data = f"a{delimiter}b{delimiter}c\n1{delimiter}x, y; z{delimiter}3\n" if delimiter == "\t" else None
    data = data or f'a{delimiter}b{delimiter}c\n1{delimiter}"x, y; z"{delimiter}3\n'
    table, rows = read(data.encode())
    assert (table.delimiter, rows) == (delimiter, [(2, ["1", "x, y; z", "3"])])


def test_excels_own_delimiter_line_is_not_a_heading():
    table, rows = read(b"sep=;\r\na;b\r\n1;2\r\n")
    assert table.headings == ["a", "b"] and rows == [(3, ["1", "2"])]


def test_a_packed_file_is_unpacked_on_the_way():
    _table, rows = read(gzip.compress(CHINESE.encode()), "x.csv.gz")
    assert [cells[1] for _number, cells in rows] == ["空调不制冷", "列车晚点"]


def test_row_numbers_are_those_of_a_spreadsheet():
    _table, rows = read(b'a,b\n1,"two\nlines"\n\n,\n3,4\n')
    assert rows == [(2, ["1", "two\nlines"]), (5, ["3", "4"])]


def test_a_short_row_is_filled_and_a_long_one_shows():
    table, rows = read(b"a,b,c\n1\n1,2,3,,\n1,2,3,4\n")
    assert [len(cells) for _number, cells in rows] == [3, 3, 4] and len(table.headings) == 3


@pytest.mark.parametrize("end", ["3,cut", '3,"cut', '3,"cut,4,5\n6,7,8,9\n'])
def test_a_last_row_that_is_cut_off_is_named(end):
    with read_table(io.BytesIO(f"a,b,c,d\n1,2,3,4\n{end}".encode())) as table:
        assert next(table.rows) == (2, ["1", "2", "3", "4"])
        with pytest.raises(TableError, match="Row 3, the last one, is cut off") as refused:
            list(table.rows)
    assert refused.value.row == 3


def test_a_last_row_without_line_end_is_fine_when_it_is_whole():
    assert read(b"a,b\n1,2")[1] == [(2, ["1", "2"])]


def test_a_file_cut_in_the_middle_of_a_character():
    with pytest.raises(TableError, match="cut off"):
        read("编号,内容,三\r\n1,空调,三\r\n2,列".encode()[:-1])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n\n , \n", "empty"),
        (b"%PDF-1.7 something", "not a table"),
        (b"\x00\x01\x02\x03binary\x00", "not a table"),
        (b"<html><table><tr>", "web page"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 512, "old Excel"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04 not really a zip", "can't be read"),
        (b"caf\xe9,b\n1,2\n", "characters"),
        (gzip.compress(b"a,b\n1,2\n" * 9)[:-9], "damaged"),
        (b"a,b,a\n1,2,3\n", "same heading"),
        (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', "Row 2"),
    ],
)
def test_what_is_no_table_is_refused_in_words(data, says):
    with pytest.raises(TableError, match=says):
        read(data)


def test_a_zip_that_is_no_workbook_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(TableError, match="not an XLSX workbook"):
        read(file.getvalue())


def test_a_zip_bomb_is_refused_unopened(monkeypatch):
    monkeypatch.setattr(model, "MAX_BYTES", 10_000)
    with pytest.raises(TableError, match="too large"):
        read(workbook(["a"], ["x"], sheet=lambda page: page.append(["y" * 30_000])))
    with pytest.raises(TableError, match="too large"):
        read(gzip.compress(b"a,b\n" + b"1,2\n" * 10_000))


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(model, "MAX_ROWS", 3)
    with pytest.raises(TableError, match="more than 3 rows"):
        read(b"a\n1\n2\n3\n4\n")


def test_repeated_headings_can_be_numbered_and_empty_ones_named():
    table, _rows = read(b"Variant,x,Variant,,y\n1,2,3,4,5\n", repeated_headings=True)
    assert table.headings == ["Variant", "x", "Variant (2)", "(D)", "y"]


def test_a_sheet_that_declares_far_more_rows_ends_where_its_values_end():
    def format_far_below(page):
        for row in range(4, 3000):
            page.cell(row=row, column=1).font = openpyxl.styles.Font(bold=True)

    table, rows = read(workbook(["编号", "内容"], [24, "甲"], [None, "乙"], sheet=format_far_below))
    assert rows == [(2, [24, "甲"]), (3, [None, "乙"])] and table.rows_expected == 2


def test_cells_of_a_workbook_keep_their_kind():
    moment = dt.datetime(2026, 11, 20, 14, 5)
    _table, rows = read(workbook(["a", "b", "c", "d"], [moment, 1.5, 24, True]))
    assert rows == [(2, [moment, 1.5, 24, True])]
    assert [text_of(cell) for cell in (24.0, True, moment, None, " x ")] == [
        "24", "true", "2026-11-20 14:05:00", "", "x",
    ]  # fmt: skip


def test_a_formula_is_text_and_is_never_worked_out():
    _table, rows = read(workbook(["a", "b"], ["=cmd|' /C calc'!A0", "=1+1"]))
    assert rows == [(2, ["=cmd|' /C calc'!A0", "=1+1"])]


DANGEROUS = ["=1+1", "+86", "-2", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"]


def test_csv_is_written_so_that_no_spreadsheet_runs_it():
    data = b"".join(write_csv(["text", "number"], [[text, -2] for text in DANGEROUS]))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == [f"'{text}" for text in DANGEROUS]
    assert rows[1][1] == "-2"  # a number is a number
    assert [cells[0] for _number, cells in read(data)[1]] == DANGEROUS  # and what we wrote we read back


def test_a_workbook_is_written_without_formulas():
    with write_xlsx(["text"], [[text] for text in DANGEROUS], title="a/b [c]") as file:
        page = openpyxl.load_workbook(file).active
        cells = [row[0] for row in page.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"} and all(cell.quotePrefix for cell in cells)
    assert cells[0].value == "=1+1" and page.title == "a b  c "


def test_long_tables_are_written_in_pieces():
    pieces = list(write_csv(["n"], ([number] for number in range(50_000))))
    assert len(pieces) > 3 and b"".join(pieces).count(b"\r\n") == 50_001
