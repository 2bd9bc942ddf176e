"""JSON text of what is kept beside the journal: a case as it stands, the values of a letter.

Decision: orjson, as for the journal; a bulk run writes five such texts a claim. Left out: whatever is hashed or signed;
``states.journal`` alone makes those bytes.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


def json_text(value: object) -> str:
    """``value`` as compact JSON, text as it is; TypeError for what is no JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a number of more than 64 bits, a key that is a code
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_value(text: str | bytes) -> Any:
    """The value of a text that ``json_text`` made of what entries hold: no number in it is over 2**53 - 1."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
