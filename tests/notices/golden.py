"""The agreed letters. ``PYTHONPATH=tests python -m notices.golden`` writes them anew; read the difference after."""

from __future__ import annotations

import sys
from pathlib import Path

from claimdesk.workflow.catalogue import LANGUAGES
from claimdesk.workflow.notices import render
from notices.world import Sample, samples

FOLDER = Path(__file__).resolve().parent / "golden"
COMMAND = "PYTHONPATH=tests .venv/bin/python -m notices.golden"


def path_of(sample: Sample, lang: str) -> Path:
    return FOLDER / f"{sample.name}.{lang}.txt"


def text_of(sample: Sample, lang: str) -> str:
    made = render(sample.notice._replace(language=lang), sample.case, sample.version)
    return f"Subject: {made.subject}\n\n{made.body}"


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    wanted = {path_of(s, lang): text_of(s, lang) for s in samples() for lang in LANGUAGES}
    for path in set(FOLDER.iterdir()) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, "utf-8", newline="\n")
    print(f"{len(wanted)} letters in {FOLDER}")  # noqa: T201  # a command of its own
    return 0


if __name__ == "__main__":
    sys.exit(main())
