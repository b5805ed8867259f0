"""What may be stored: decided by content. Hostile files get a clear answer and leave nothing behind (QUALITY D13)."""

import datetime as dt
import io
import tracemalloc
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from PIL import Image

from incidents import files
from incidents.errors import Invalid
from incidents.files.names import clean_name
from tests.incidents import samples


def check(content: bytes, name: str) -> files.Checked:
    return files.check(SimpleUploadedFile("whatever", content), name=name)


def refused(content: bytes, name: str) -> str:
    """The message with which the file is refused, in English and Chinese alike made without a crash."""
    with pytest.raises(Invalid) as caught:
        check(content, name)
    with translation.override("zh-hans"):
        assert str(caught.value.fields["file"])
    with translation.override("en"):
        return str(caught.value.fields["file"])


# Welcome -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "content, name, kind, content_type",
    [
        (samples.picture("JPEG"), "a.jpg", "image", "image/jpeg"),
        (samples.picture("PNG"), "a.png", "image", "image/png"),
        (samples.picture("WEBP"), "a.webp", "image", "image/webp"),
        (samples.picture("GIF"), "a.gif", "image", "image/gif"),
        (samples.film(), "a.mp4", "video", "video/mp4"),
        (samples.film(b"qt  "), "a.mov", "video", "video/quicktime"),
        (samples.film(b"M4A ", b"soun"), "a.m4a", "audio", "audio/mp4"),
        (samples.webm(), "a.webm", "video", "video/webm"),
        (samples.mp3(), "a.mp3", "audio", "audio/mpeg"),
        (samples.wav(), "a.wav", "audio", "audio/wav"),
        (samples.pdf(), "a.pdf", "document", "application/pdf"),
        (
            samples.workbook(), "a.xlsx", "document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("车号,时间\nG1027,14:12\n".encode(), "a.csv", "document", "text/csv"),
        ("列车晚点二十分钟".encode("gb18030"), "a.txt", "document", "text/plain"),
    ],
)  # fmt: skip
def test_what_people_send_is_accepted_as_what_it_is(content, name, kind, content_type):
    found = check(content, name)
    assert (found.kind, found.content_type, found.name) == (kind, content_type, name)
    assert len(found.content.read()) == found.size
    assert bool(found.thumbnail) == (kind == "image")


@pytest.mark.parametrize(
    "content, name, became",
    [
        (samples.picture("PNG"), "screen.jpg", "screen.png"),
        (samples.picture(), "photo", "photo.jpg"),
        (samples.pdf(), "report.pdf.exe", "report.pdf"),
        (samples.film(), "clip.txt", "clip.mp4"),
    ],
)
def test_a_wrong_ending_is_put_right(content, name, became):
    assert check(content, name).name == became


def test_a_photo_loses_its_place_and_keeps_its_moment():
    original = samples.photo_with_place()
    assert b"Exif" in original and Image.open(io.BytesIO(original)).getexif().get_ifd(0x8825)
    found = check(original, "IMG_1.jpg")
    stored = found.content.read()
    assert b"Exif" not in stored and b"Phonemaker" not in stored and b"at home" not in stored
    assert not Image.open(io.BytesIO(stored)).getexif()
    assert (found.width, found.height) == (40, 80)  # upright: it was lying on its side
    assert found.taken_at == dt.datetime(2026, 3, 14, 7, 9, 26, tzinfo=dt.UTC)
    assert found.sha256 != found.stored_sha256


def test_a_thumbnail_is_small():
    found = check(samples.picture(size=(2000, 1000)), "a.jpg")
    assert Image.open(io.BytesIO(found.thumbnail)).size == (480, 240)


def test_an_animation_keeps_its_frames():
    assert Image.open(check(samples.animation(), "a.gif").content).n_frames == 3


def test_a_large_photo_is_decoded_smaller(monkeypatch):
    monkeypatch.setattr("incidents.files.images.MAX_PIXELS", 10_000)
    found = check(samples.picture(size=(160, 120)), "a.jpg")
    assert (found.width, found.height) == (80, 60)


@pytest.mark.parametrize("brand, handler", [(b"isom", b"vide"), (b"qt  ", b"vide"), (b"M4A ", b"soun")])
def test_a_film_loses_its_places(brand, handler):
    original = samples.film(brand, handler, with_place=True)
    assert original.count(samples.PLACE) == 6
    found = check(original, "film")
    stored = found.content.read()
    assert samples.PLACE not in stored and b"\xa9xyz" not in stored and b"SENSOR" not in stored
    assert stored.count(b"PICTURE") == 20 and len(stored) == len(original)
    assert found.taken_at == dt.datetime(2026, 3, 10, 15, 6, 40, tzinfo=dt.UTC)


def test_a_dashboard_camera_loses_its_places():
    film = samples.film()
    block = samples.box(b"free", b"GPS ", samples.PLACE, bytes(20))
    stored = check(
        film.replace(b"PICTURE" * 10, b"PICTURE" * (10 - 8) + block + bytes(56 - len(block)), 1), "f.mp4"
    )
    assert samples.PLACE not in stored.content.read()


@pytest.mark.parametrize(
    "content, name",
    [
        (samples.webm(tags=b"LOCATION" + samples.PLACE), "a.webm"),
        (samples.mp3(tag=b"GEOB" + samples.PLACE), "a.mp3"),
        (samples.wav(note=b"INFO" + samples.PLACE), "a.wav"),
    ],
)
def test_tags_of_recordings_are_dropped(content, name):
    assert samples.PLACE in content
    assert samples.PLACE not in check(content, name).content.read()


# Refused -------------------------------------------------------------------------------------------------------------
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"


@pytest.mark.parametrize("name", ["photo.jpg", "page.html", "drawing.svg", "notes.txt", "rows.csv", "x"])
@pytest.mark.parametrize("content", [SVG, HTML, b"\xef\xbb\xbf  \n" + HTML, HTML.decode().encode("utf-16")])
def test_pages_and_drawings_are_refused_under_any_name(content, name):
    assert "accepted" in refused(content, name) or "hidden content" in refused(content, name)


@pytest.mark.parametrize(
    "content, name",
    [
        (b"MZ\x90\0" + bytes(200), "setup.exe"),
        (b"\x7fELF" + bytes(200), "tool.txt"),
        (b"#!/bin/sh\nrm -rf /\n", "run.txt"),
        (b"<?php system($_GET['c']); ?>", "notes.txt"),
        (samples.archive({"a.txt": b"hello"}), "files.zip"),
        (samples.archive({"a.txt": b"hello"}), "files.xlsx"),
        (b"\x1a\x45\xdf\xa3" + bytes(50), "a.webm"),
        (samples.webm(doctype=b"matroska"), "a.webm"),
        (b"just words", "photo.jpg"),
        (bytes(1000), "a.txt"),
        (b"OggS" + bytes(100), "a.ogg"),
        (b"ID3" + bytes(100), "a.mp3"),
        (b"\xff\xfb" + bytes(100), "a.mp3"),
        (b"RIFF\x10\0\0\0WAVE", "a.wav"),
    ],
)
def test_what_is_no_evidence_is_refused(content, name):
    assert refused(content, name)


def test_heic_is_refused_with_a_way_out():
    assert "JPEG" in refused(b"\0\0\0\x18ftypheic" + bytes(100), "IMG_2.HEIC")


def test_old_office_files_are_refused_with_a_way_out():
    assert ".docx" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.doc")


@pytest.mark.parametrize("content", [b"", b" "[:0]])
def test_an_empty_file_is_refused(content):
    assert "empty" in refused(content, "a.jpg")


def test_a_file_that_is_too_large_is_refused(settings):
    settings.UPLOAD_MAX_BYTES = 1000
    assert "larger" in refused(samples.picture(size=(900, 900)) + bytes(1000), "a.jpg")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_cut_off_picture_is_refused(form):
    whole = samples.picture(form, size=(400, 300))
    assert "damaged" in refused(whole[: len(whole) * 2 // 3], "a.jpg")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_cut_off_film_is_refused(share):
    whole = samples.film()
    assert "damaged" in refused(whole[: int(len(whole) * share)], "a.mp4")


def test_a_film_that_was_never_finished_is_refused():
    unfinished = samples.box(b"ftyp", b"isom", bytes(4)) + samples.box(b"mdat", bytes(500))
    assert "damaged" in refused(unfinished, "a.mp4")


def test_a_cut_off_webm_is_refused():
    assert "damaged" in refused(samples.webm()[:-3], "a.webm")


def test_a_pixel_bomb_is_refused_before_it_is_decoded():
    bomb = samples.pixel_bomb()
    assert len(bomb) < 5000
    tracemalloc.start()
    assert "pixels" in refused(bomb, "a.png")
    assert "pixels" in refused(samples.pixel_bomb(8000, 8000), "a.png")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_a_long_animation_is_refused(monkeypatch):
    monkeypatch.setattr("incidents.files.images.MAX_FRAMES", 2)
    assert "animation" in refused(samples.animation(), "a.gif")


# Two things at once --------------------------------------------------------------------------------------------------
def test_a_picture_that_is_also_a_program_is_only_a_picture():
    stored = check(samples.gif_with_script(), "a.gif").content.read()
    assert Image.open(io.BytesIO(stored)).format == "GIF" and b"alert" not in stored


@pytest.mark.parametrize(
    "content, name",
    [
        (samples.picture() + samples.archive({"x.html": HTML}), "a.jpg"),
        (samples.picture() + HTML, "a.jpg"),
        (samples.picture(comment=b"<script>alert(1)</script>"), "a.jpg"),
        (samples.pdf() + HTML, "a.pdf"),
        (samples.pdf() + samples.archive({"x.html": HTML}), "a.pdf"),
        (samples.film() + samples.archive({"x.html": HTML}), "a.mp4"),
        (samples.workbook() + samples.workbook(), "a.xlsx"),
        (HTML + samples.pdf(), "a.pdf"),
    ],
)
def test_what_is_two_things_at_once_is_refused(content, name):
    assert refused(content, name)


# Documents -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "part",
    [
        b"<< /S /JavaScript /JS (app.alert(1)) >>",
        b"<< /S /#4aava#53cript /JS (app.alert(1)) >>",
        b"<< /S /Launch /F (cmd.exe) >>",
        b"<< /Type /Filespec /EF << /F 9 0 R >> >> << /Type /EmbeddedFile >>",
        b"<< /XFA [ (x) 3 0 R ] >>",
        samples.hidden_in_stream(b"7 0 << /S /JavaScript /JS (app.alert(1)) >>"),
    ],
)
def test_a_pdf_that_does_something_is_refused(part):
    assert "PDF" in refused(samples.pdf(part), "a.pdf")


def test_a_protected_pdf_is_refused_with_a_way_out():
    assert "protection" in refused(samples.pdf(b"<< /Encrypt 3 0 R >>"), "a.pdf")


def test_a_pdf_stream_that_unpacks_for_ever_is_refused():
    bomb = zlib.compress(bytes(70_000_000), 9)
    part = b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + bomb + b"\nendstream"
    assert refused(samples.pdf(part), "a.pdf")


@pytest.mark.parametrize(
    "parts, why",
    [
        ({"xl/vbaProject.bin": b"macro"}, "macros"),
        ({"xl/embeddings/oleObject1.bin": b"x"}, "macros"),
        ({"xl/media/tool.exe": b"MZ"}, "macros"),
        ({"xl/media/image1.png": b"MZ\x90\0"}, "macros"),
        ({"[Content_Types].xml": b'<Types ContentType="vnd.ms-excel.sheet.macroEnabled.main+xml"/>'}, "macros"),
        ({"xl/_rels/a.rels": b'<R Type="x/attachedTemplate" Target="http://e/" TargetMode="External"/>'}, "macros"),
        ({"../../etc/cron.d/job": b"x"}, "hidden content"),
        ({"C:\\windows\\x": b"x"}, "hidden content"),
        ({"xl/a.xml": bytes(40_000_000)}, "unpacks"),
        ({"xl/embeddings/b.xlsx": samples.workbook(**{"xl/vbaProject.bin": b"macro"})}, "macros"),
        ({"xl/embeddings/b.xlsx": samples.workbook(c=samples.workbook())}, "unpacks"),
        ({"xl/a.bin": samples.TEST_VIRUS}, "malware"),
    ],
)  # fmt: skip
def test_a_workbook_that_carries_more_than_sheets_is_refused(parts, why):
    assert why in refused(samples.workbook(**parts), "a.xlsx")


def test_a_damaged_workbook_is_refused():
    whole = samples.workbook()
    assert "damaged" in refused(whole[:-30], "a.xlsx")


@pytest.mark.parametrize("name", ["a.txt", "a.jpg", "a.pdf", "a.com"])
def test_the_test_virus_is_recognised_under_any_name(name):
    assert "malware" in refused(samples.TEST_VIRUS, name)
    assert "malware" in refused(samples.pdf(samples.TEST_VIRUS), name)


# Names ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name, became",
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\me\\IMG.JPG", "IMG.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("line\r\nbreak\x00.jpg", "line break.jpg"),
        ("...", "file.jpg"),
        ("", "file.jpg"),
        ("现场 照片.jpeg", "现场 照片.jpeg"),
        ("photo 12.30", "photo 12.30.jpg"),
        ('<img src=x onerror="a">.png', "_img src=x onerror=_a__.jpg"),
    ],
)
def test_names_are_made_fit_to_be_shown(name, became):
    assert clean_name(name, ("jpg", "jpeg")) == became


def test_a_long_name_is_cut_before_its_ending():
    name = clean_name("长" * 500 + ".jpg", ("jpg",))
    assert len(name) == 200 and name.endswith(".jpg")
