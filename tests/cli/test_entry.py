"""The program itself, as a shell starts it: what it loads, what it does with pipes, interrupts and terminals."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from claimdesk.adapters.sql import glance

try:
    import pty
except ImportError:  # no pseudo-terminals on this system
    pty = None

HEAVY = ("pydantic", "sqlalchemy", "rich", "structlog", "transitions", "alembic", "jinja2", "cryptography")
PROGRAM = [sys.executable, "-c", "from claimdesk.adapters.cli.entry import main; main()"]


def started(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False, **more)  # type: ignore[call-overload]


@pytest.mark.parametrize("words", [("version",), ("--version",)])
def test_version(place, words):
    done = started(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"claimdesk \d+\.\d+\.\d+\n", done.stdout)


def test_the_console_command_is_the_same_program(place):
    program = shutil.which("claimdesk", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("not installed as a command")
    assert subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.startswith(
        "claimdesk "
    )


LOADED = """
import sys
sys.argv[1:] = sys.argv[1].split()
from claimdesk.adapters.cli.entry import main
try:
    main()
except SystemExit:
    print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded(line: str) -> set[str]:
    """The modules a command has loaded when it ends."""
    done = subprocess.run([sys.executable, "-c", LOADED, line], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("line", ["version", "--help", "do --help", "config show", "lst"])
def test_nothing_heavy_is_loaded_before_it_is_needed(place, line):
    assert loaded(line).isdisjoint(HEAVY)


#: What each command that only reads leaves alone, and which of our own modules it may not need either.
NOT_LOADED = {
    "show": ("sqlalchemy", "asyncio", "claimdesk.workflow.desk", "claimdesk.workflow.programmes.order"),
    "list --limit 1": (),
}
NEVER = {*HEAVY} - {"sqlalchemy", "transitions"} | {
    "claimdesk.workflow.programmes.pdpi.payloads",
    "sqlalchemy.dialects.postgresql",
    "claimdesk.adapters.tlog",
}


@pytest.mark.parametrize("line", NOT_LOADED)
def test_a_command_that_reads_loads_only_what_it_reads_with(office, line):
    found = loaded(f"show {office.first()}" if line == "show" else line)
    assert sorted(found & {*NOT_LOADED[line], *NEVER}) == []
    assert "claimdesk.workflow.programmes.pdpi" in found and "sqlite3" in found  # it did read a claim


def test_a_glance_says_what_the_desk_says(office, run, monkeypatch):
    """The quick way and the long way to one claim: the same bytes, and the same refusals."""
    claims = [json.loads(line)["claim"] for line in run("list", "--json").out.splitlines()]
    quick = [run("show", claim, *more) for claim in claims for more in ((), ("--json",))]
    unknown = run("show", "CLM-06H00000000000000")
    monkeypatch.setattr(glance, "case_at_a_glance", lambda path, claim: None)
    assert quick == [run("show", claim, *more) for claim in claims for more in ((), ("--json",))]
    assert unknown == run("show", "CLM-06H00000000000000") and unknown.code == 5


def test_what_is_not_plain_is_left_to_the_desk(office, monkeypatch):
    claim, path = office.first(), office.folder / "claimdesk.db"
    found = glance.case_at_a_glance(path, claim)
    assert found is not None and found.id == claim
    assert glance.case_at_a_glance(path.with_name("none.db"), claim) is None
    assert not path.with_name("none.db").exists()
    monkeypatch.setattr(glance, "HEAD", "0999_from_the_future")
    assert glance.case_at_a_glance(path, claim) is None
    monkeypatch.undo()
    path.write_bytes(b"no database" * 100)
    assert glance.case_at_a_glance(path, claim) is None


def test_version_does_not_load_the_command_line(place):
    assert "click" not in loaded("version")
    assert "click" in loaded("--help")


@pytest.mark.parametrize(
    "line", ["list --json --limit 1000", "rules show pdpi-us", "version", "--help", "triage claims.jsonl --json"]
)
def test_a_reader_that_goes_away_is_no_error(office, line):
    (office.folder / "claims.jsonl").write_text("{}\n" * 5000, encoding="utf-8")
    command = " ".join(f"'{word}'" for word in PROGRAM)
    done = subprocess.run(
        ["bash", "-c", f"{command} {line} | head -c 10 >/dev/null"], capture_output=True, text=True, check=False
    )
    assert done.stderr.replace("\n", "") == "" or "Rejected" in done.stderr
    assert "Traceback" not in done.stderr and "Broken" not in done.stderr


def test_output_that_cannot_be_encoded_is_written_out(office):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = started("explain", office.first(), "--lang", "zh-CN", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u" in done.stdout
    done = started("explain", office.first(), "--lang", "zh-CN", "--json", env=environment)
    assert (done.returncode, done.stdout.isascii()) == (0, True)


CLOSED = [
    ("version >&-", 2),
    ("list >&-", 2),  # an answer that nobody gets is none
    ("show CLM-NONE >&- 2>&-", 2),
    ("show CLM-NONE 2>&-", 5),
    ("show CLM-NONE 2>/dev/full", 5),
    ("show CLM-NONE --json >/dev/full", 5),
    ("triage - --json <&-", 0),  # nothing can be read: nothing was told
    ("version >/dev/full", 75),
    ("list --json >/dev/full", 75),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(("line", "code"), CLOSED)
def test_streams_that_are_closed_or_full_never_show_a_traceback(office, line, code):
    command = " ".join(f"'{word}'" for word in PROGRAM)
    done = subprocess.run(["bash", "-c", f"{command} {line}"], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr, "internal" in done.stderr) == (code, False, False)
    if code == 75:
        assert done.stderr.startswith("error: the output cannot be written: No space left on device [cannot_write]")
    if ">&-" in line.replace("2>&-", ""):
        assert done.stderr.startswith("error: standard output is closed") or "2>&-" in line


INTERRUPTED = """
import sys
class Now:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Now())
sys.argv[1:] = ["list"]
from claimdesk.adapters.cli.entry import main
main()
"""


def test_an_interrupt_while_the_program_is_loaded_is_quiet(place):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.skipif(os.name == "nt", reason="no POSIX signals")
def test_a_killed_run_goes_on_where_it_stopped(place):
    data = Path(__file__).resolve().parents[2] / "adapters" / "cli" / "data" / "claims.jsonl"
    with (place / "out").open("w") as out:
        program = subprocess.Popen([*PROGRAM, "triage", str(data), "--json", "--batch", "2"], stdout=out, stderr=out)
        while (place / "out").stat().st_size < 2000 and program.poll() is None:
            time.sleep(0.005)
        program.kill()
        program.wait()
    whole = [line for line in (place / "out").read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    printed = [json.loads(line) for line in whole]
    again = [json.loads(line) for line in started("triage", str(data), "--json").stdout.splitlines()]
    assert len(again) == 42
    for before, after in zip(printed, again, strict=False):
        assert before["claim"] == after["claim"] and after["status"] == "unchanged"
    assert len(started("list", "--limit", "100", "--json").stdout.splitlines()) == 35


@pytest.mark.skipif(os.name == "nt", reason="no POSIX signals")
def test_an_interrupt_says_what_was_kept(place):
    reading, writing = os.pipe()
    with subprocess.Popen([*PROGRAM, "triage", "-", "--batch", "1", "--json"], stdin=reading, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as program:  # fmt: skip
        os.close(reading)
        os.write(writing, b"{}\n{}\n")
        assert program.stdout is not None
        time.sleep(0.3)
        first = None
        deadline = time.monotonic() + 30
        while first is None and time.monotonic() < deadline:
            time.sleep(0.2)
            os.write(writing, b"{}\n" * 200)
            first = program.poll() or (place / "claimdesk.db").exists() or None
        time.sleep(1)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=30)
        os.close(writing)
    assert program.returncode == 130, err
    assert "Traceback" not in out + err
    assert err.splitlines()[-1].startswith("interrupted: ")


@pytest.mark.skipif(pty is None, reason="no pseudo-terminals")
def test_a_person_at_a_terminal_gets_a_table(place):
    data = Path(__file__).resolve().parents[2] / "adapters" / "cli" / "data" / "claims.jsonl"
    assert pty is not None
    main, other = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([*PROGRAM, "triage", str(data)], stdout=other, stderr=other, env=environment) as program:
        os.close(other)
        shown = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        assert program.wait(30) == 1
    os.close(main)
    text = shown.decode()
    assert "auto_pay" in text and "lines read = " in text and "Next:" in text
    assert '"status"' not in text
    assert "\x1b[1m" in text  # the head of the table


@pytest.mark.skipif(pty is None, reason="no pseudo-terminals")
def test_no_color_is_honoured(place):
    assert pty is not None
    main, other = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen([*PROGRAM, "demo"], stdout=other, stderr=subprocess.DEVNULL, env=environment) as program:
        os.close(other)
        shown = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        program.wait(30)
    os.close(main)
    assert b"\x1b[3" not in shown
    assert b"auto_pay" in shown


def test_control_characters_never_reach_a_terminal(place):
    done = started("list", "--\x1b[31mred", "--json")
    assert done.returncode == 2
    assert "\x1b" not in done.stdout + done.stderr
