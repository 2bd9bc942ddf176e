"""The examples of a page: found, run in order as one session, compared with what the page shows.

A page is one session: one empty folder, one Python namespace, one shell after another. What counts:

- a ``python`` block runs; a block marked ``<!-- output -->`` after it is what it prints;
- in a ``console`` block the lines after ``$ `` run (``> `` goes on with them), the others are what they print;
- a block marked ``<!-- file: NAME -->`` is written to that file before what follows it;
- ``<!-- skip: REASON -->`` before a block leaves it out; ``<!-- setup`` ... ``-->`` is Python the page does not show;
- ``<!-- fresh -->`` begins a new session, ``<!-- dates vary -->`` anywhere hides dates from the comparison;
- ``<!-- needs: NAME -->`` anywhere names what the tests must provide (postgres, smtp, ...).

Identifiers differ from run to run: they are compared by the order in which they appear, and one that was printed may
be used in a later command. Run as ``python -m docpages.blocks PAGE`` with ``tools`` on the path; prints JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Languages whose blocks run by themselves; ``sh`` and ``bash`` are refused, ``console`` says what came out.
RUNS = ("python", "console")
SECONDS_MAX = 60

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+|~~~+)(?P<lang>[^\s`]*)[^`]*$")
_MARK = re.compile(r"^<!-- (?P<name>[a-z ]+?)(?:: (?P<value>.+?))? -->$")
_ID = re.compile(r"\b(?:CLM|DEC|EVT|NTC|PAY|IMP)-[0-9A-HJKMNP-TV-Z]{17}\b")
#: What a terminal shows for a moment only.
_OVERWRITTEN = re.compile(r"[^\n]*\r(?:\x1b\[K)?|\x1b\[[0-9;]*m")
_MASKS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"),
    (re.compile(r"\b\d+(?:\.\d+)? ?m?s\b(?=$|[ ,.;)])"), "SOME SECONDS"),
    (re.compile(r"\b\d+(?:\.\d+)? claims/s\b"), "SO MANY claims/s"),
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATES = (
    re.compile(r"\b20\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?UTC|Z|[+-]\d\d:\d\d)?)?"),
    re.compile(rf"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day )?\d{{1,2}} (?:{_MONTHS}) 20\d\d(?:, \d\d:\d\d)?"),
    re.compile(r"\bday -?\d+\b"),
)


@dataclass
class Block:
    """One fenced block of a page, with the marks before it."""

    lang: str
    text: str
    line: int  #: of the opening fence, from 1
    marks: dict[str, str] = field(default_factory=lambda: {})
    height: int = 0  #: lines between the fences

    @property
    def is_output(self) -> bool:
        """Whether it shows what the block before it printed."""
        return "output" in self.marks


@dataclass
class Shown:
    """What a page shows of an output, from line ``start`` to before line ``end``, and what came out."""

    start: int
    end: int
    expected: str
    actual: str


# -- finding -----------------------------------------------------------------------------------------------------------


def blocks_of(text: str) -> list[Block]:
    """Every fenced block and every hidden set-up of a page, in order."""
    return list(_blocks(text.split("\n")))


def page_marks(text: str) -> dict[str, str]:
    """The marks of a page that stand on a line of their own, outside the blocks."""
    found: dict[str, str] = {}
    inside = ""
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if inside:
            inside = "" if line.strip() == inside else inside
        elif fence is not None:
            inside = fence["fence"]
        elif (mark := _MARK.match(line.strip())) is not None:
            found[mark["name"]] = mark["value"] or ""
    return found


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    marks: dict[str, str] = {}
    place = 0
    while place < len(lines):
        line = lines[place]
        mark, fence = _MARK.match(line.strip()), _FENCE.match(line)
        if mark is not None:
            marks[mark["name"]] = mark["value"] or ""
        elif line == "<!-- setup":
            end = lines.index("-->", place)
            yield Block("setup", "\n".join(lines[place + 1 : end]), place + 1, marks)
            marks, place = {}, end
        elif fence is not None:
            end = next(i for i in range(place + 1, len(lines)) if lines[i].strip() == fence["fence"])
            indent = len(fence["indent"])
            text = "\n".join(inner[indent:] for inner in lines[place + 1 : end])
            yield Block(fence["lang"], text, place + 1, marks, end - place - 1)
            marks, place = {}, end
        elif line.strip():
            marks = {}
        place += 1


# -- running -----------------------------------------------------------------------------------------------------------


class Session:
    """What a page's blocks share: a folder, a namespace, the identifiers seen."""

    def __init__(self, substitutes: Mapping[str, str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="claimdesk-docs-"))
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.ids: dict[str, str] = {}
        self.substitutes = substitutes

    def real(self, text: str) -> str:
        """Text of the page with its identifiers and stand-ins replaced by those of this run."""
        for shown, real in [*self.ids.items(), *self.substitutes.items()]:
            text = text.replace(shown, real)
        return text

    def shown(self, text: str) -> str:
        """Text of this run with its folder and stand-ins as the page has them."""
        for shown, real in self.substitutes.items():
            text = text.replace(real, shown)
        return text.replace(f"{self.folder}/", "").replace(str(self.folder), ".")

    def learn(self, expected: str, actual: str) -> str:
        """Pairs the identifiers of lines that are alike; what came out, with the page's identifiers where known."""
        rest = actual.split("\n")
        for line in expected.split("\n"):
            alike = next((i for i, other in enumerate(rest) if _alike(line, other)), None)
            if alike is not None:
                self.ids.update(zip(_ID.findall(line), _ID.findall(rest[alike]), strict=True))
                rest = rest[alike + 1 :]
        for shown, real in self.ids.items():
            actual = actual.replace(real, shown)
        return actual


def _alike(one: str, other: str) -> bool:
    return masked(one, dates=True) == masked(other, dates=True)


def run_page(text: str, substitutes: Mapping[str, str] | None = None) -> list[Shown]:
    """Runs a page's blocks; what each output shows and what came out. A Python block that fails raises."""
    found: list[Shown] = []
    session = Session(substitutes or {})
    before = Path.cwd()
    try:
        printed = ""
        for block in blocks_of(text):
            if "fresh" in block.marks:
                session = Session(session.substitutes)
            os.chdir(session.folder)
            if "skip" in block.marks:
                printed = ""
            elif block.is_output:
                found.append(_compared(block, session, printed))
            elif "file" in block.marks:
                target = Path(block.marks["file"])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(session.real(block.text) + "\n", encoding="utf-8")
            elif block.lang in ("python", "setup"):
                printed = _python(block, session)
            elif block.lang == "console":
                found += _console(block, session)
    finally:
        os.chdir(before)
    return found


def _compared(block: Block, session: Session, printed: str) -> Shown:
    actual = session.learn(block.text, _tidy(session.shown(printed)))
    return Shown(block.line + 1, block.line + 1 + block.height, block.text, actual)


def _tidy(text: str) -> str:
    """Without the spaces and empty lines at the ends that nobody sees."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _python(block: Block, session: Session) -> str:
    said = io.StringIO()
    source = "\n" * block.line + session.real(block.text)
    with contextlib.redirect_stdout(said):
        exec(compile(source, "page", "exec"), session.names)  # noqa: S102  # running the page's examples is the point
    return said.getvalue()


def _console(block: Block, session: Session) -> Iterator[Shown]:
    lines = block.text.split("\n")
    place = 0
    while place < len(lines):
        if not lines[place].startswith("$ "):
            raise ValueError(f"line {block.line + 1 + place}: output without a command before it")
        command = lines[place][2:]
        place += 1
        while place < len(lines) and lines[place].startswith("> "):
            command += "\n" + lines[place][2:]
            place += 1
        end = next((i for i in range(place, len(lines)) if lines[i].startswith("$ ")), len(lines))
        expected = "\n".join(lines[place:end])
        actual = session.learn(expected, _tidy(session.shown(_shell(session.real(command), session.folder))))
        start = block.line + 1 + place
        yield Shown(start, block.line + 1 + end, expected, actual)
        place = end


def _shell(command: str, folder: Path) -> str:
    """What a command prints, messages included, as a person at a terminal without colours sees it."""
    if command == "python3 dev.py demo":  # dev.py only makes the environment first
        found = sorted((ROOT / "examples").glob("*.jsonl"), key=lambda path: (path.stem != "claims", path.name))
        command = f"claimdesk demo {' '.join(map(str, found))}"
    if command == "source .venv/bin/activate":  # the programs of the environment are on the path already
        return ""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAIMDESK_")}
    programs = Path(sys.executable).parent
    environment |= {
        "PATH": f"{programs}{os.pathsep}{environment.get('PATH', '')}", "NO_COLOR": "1", "COLUMNS": "100",
        "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "HOME": str(folder), "TZ": "UTC", "USER": "you", "LOGNAME": "you",
    }  # fmt: skip
    return _terminal(["/bin/bash", "-c", command], folder, environment)


def _terminal(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Runs a program whose output is a terminal, because that is what the reader has."""
    import pty  # noqa: PLC0415  # there are none on Windows

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        words, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    watch = threading.Timer(SECONDS_MAX, process.kill)
    watch.start()
    said = b""
    try:
        while chunk := os.read(ours, 65_536):
            said += chunk
    except OSError:  # how a terminal says that the other end is gone
        pass
    finally:
        os.close(ours)
        process.wait()
        watch.cancel()
    text = said.decode("utf-8", "replace").replace("\r\n", "\n")
    return _OVERWRITTEN.sub("", text)


# -- comparing ---------------------------------------------------------------------------------------------------------


def masked(text: str, *, dates: bool) -> str:
    """Text without what differs from run to run; ``dates`` hides the dates too."""
    names: dict[str, str] = {}
    for name in _ID.findall(text):
        names.setdefault(name, f"{name[:3]}-{len(names) + 1}")
    for name, short in names.items():
        text = text.replace(name, short)
    for pattern, shown in _MASKS:
        text = pattern.sub(shown, text)
    if dates:
        for pattern in _DATES:
            text = pattern.sub("DATE", text)
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))


def same(shown: Shown, *, dates: bool) -> bool:
    """Whether a page still shows what comes out; a line ``...`` in the page stands for any lines."""
    expected, actual = masked(shown.expected, dates=dates), masked(shown.actual, dates=dates)
    if not is_shortened(shown.expected):
        return expected == actual
    parts = re.split(r"^\.\.\.$", expected, flags=re.MULTILINE)
    pattern = "(?:.*\n)*?".join(re.escape(part.removeprefix("\n")) for part in parts)
    return re.fullmatch(pattern, actual + ("\n" if expected.endswith("...") else "")) is not None


def is_shortened(text: str) -> bool:
    """Whether a page leaves lines of an output out."""
    return "..." in text.split("\n")


def renewed(text: str, results: Sequence[Shown]) -> str:
    """The page with every output that differs replaced by what came out; shortened ones are left to their writer."""
    dates = "dates vary" in page_marks(text)
    lines = text.split("\n")
    changed = [shown for shown in results if not same(shown, dates=dates) and not is_shortened(shown.expected)]
    for shown in sorted(changed, key=lambda s: s.start, reverse=True):
        lines[shown.start - 1 : shown.end - 1] = shown.actual.split("\n") if shown.actual else []
    return "\n".join(lines)


# -- in a process of its own -------------------------------------------------------------------------------------------


class PageFailedError(Exception):
    """An example of a page does not run; the text says which and how."""


def run_apart(path: Path, substitutes: Mapping[str, str] | None = None) -> list[Shown]:
    """Runs a page in a process of its own, so that what it registers or changes stays there."""
    request = json.dumps({"page": str(path), "substitutes": dict(substitutes or {})})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAIMDESK_")}
    environment |= {"PYTHONPATH": str(ROOT / "tools"), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "docpages.blocks"], input=request, env=environment, capture_output=True, text=True,
        encoding="utf-8", timeout=600, check=False,
    )  # fmt: skip
    if done.returncode != 0 or not done.stdout.startswith("["):
        raise PageFailedError(f"{path}: {done.stderr or done.stdout or 'it ended without a word'}")
    return [Shown(**found) for found in json.loads(done.stdout)]


def main() -> int:
    """Reads a request, runs the page, prints what came out."""
    request = json.loads(sys.stdin.read())
    out = sys.stdout
    try:
        results = run_page(Path(request["page"]).read_text(encoding="utf-8"), request["substitutes"])
    except (Exception, SystemExit):  # noqa: BLE001  # whatever an example raises is the answer
        traceback.print_exc()
        return 1
    out.write(json.dumps([asdict(found) for found in results]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
