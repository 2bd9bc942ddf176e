"""Every letter as it was last agreed: ``python -m notices.golden`` writes the files anew."""

from __future__ import annotations

import pytest

from claimdesk.workflow.catalogue import LANGUAGES

from . import golden
from .world import samples


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_a_letter_reads_as_agreed(sample, lang):
    path = golden.path_of(sample, lang)
    assert path.exists(), f"new letter; write it with: {golden.COMMAND}"
    assert golden.text_of(sample, lang) == path.read_text("utf-8"), f"if this change is meant: {golden.COMMAND}"


def test_no_agreed_letter_is_left_over():
    wanted = {golden.path_of(s, lang).name for s in samples() for lang in LANGUAGES}
    assert {p.name for p in golden.FOLDER.iterdir()} == wanted
