"""Compiles the message catalogues with Babel: no GNU gettext needed."""

import os
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from devstack.places import ROOT

LOCALE = ROOT / "locale"


def catalogue_paths() -> list[Path]:
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, charset="utf-8")


def compile_catalogues() -> None:
    """Write every django.mo that is missing or older than its django.po."""
    for source in catalogue_paths():
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            compile_catalogue(source, target)


def compile_catalogue(source: Path, target: Path) -> None:
    """In one step for whoever reads it meanwhile: several commands may run at a time."""
    catalogue = read_catalogue(source)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        write_mo(file, catalogue)
    os.chmod(file.name, 0o644)
    os.replace(file.name, target)


if __name__ == "__main__":
    compile_catalogues()
