"""Where the development stack keeps its things: everything under var/, which may be deleted at any time."""

import hashlib
import os
import re
import secrets
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
TEST_FOLDER_PREFIX = "serviceloop-tests-"

# A Unix socket's path may hold 107 bytes, of which `/.s.PGSQL.5432` takes 14; URLs want plain characters.
LONGEST_SOCKET_FOLDER = 90
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


def state_folder(name: str) -> Path:
    """var/demo or var/empty: the database, broker, uploads and secret key of one installation."""
    return make_private(VAR / name)


def make_private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def socket_folder(state: Path) -> Path:
    """Where the servers of `state` put their sockets: beside their data, or in /tmp if that path is long."""
    if len(os.fsencode(state)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(state)):
        return make_private(state)
    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"serviceloop-{os.getuid()}-{digest}"
    make_private(folder)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise SystemExit(
            f"{folder} belongs to somebody else; remove it, or move the checkout to a shorter path."
        )
    return folder


def secret_key(state: Path) -> str:
    """The development SECRET_KEY of this state folder, made once."""
    path = state / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(60))
    return path.read_text()
