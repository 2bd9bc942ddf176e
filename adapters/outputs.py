"""What a file that is to be written must not replace: a database, its journals, the keys of a store.

Decision: they are known by how they begin, not by their names, because a slip of the fingers names the wrong one
wherever it is kept; claims without their database, or personal values without their keys, cannot be had back.
Left out: any other file; whoever names it for output wants it replaced.
"""

from __future__ import annotations

from pathlib import Path

from ..states.errors import InputError

_DATABASE = b"SQLite format 3\x00"
#: A rollback journal and a write-ahead log of SQLite (https://www.sqlite.org/fileformat2.html), and the log's own key.
_BEGINNINGS = (
    _DATABASE, b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"PRIVATE+KEY+",
)  # fmt: skip
_KEYS = b'"epochs"'


def check_output(place: str | Path, option: str) -> Path:
    """The path, when it may be written; InputError ``cannot_write`` for a folder or a file of a store."""
    path = Path(place)
    try:
        if path.is_dir():
            raise InputError("cannot_write", "this is a folder", field=option, hint="name a file in it")
        if not path.is_file():
            return path
        with path.open("rb") as file:
            head = file.read(128)
    except OSError:
        return path  # whoever opens it says what is wrong
    if head.startswith(_BEGINNINGS) or (head.startswith(b"{") and _KEYS in head):
        raise InputError(
            "cannot_write", "this would replace a database, or the keys of one", field=option, hint="name another file"
        )
    return path
