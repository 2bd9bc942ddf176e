"""``claimdesk import map``: a draft of a map for a file, with guesses and how sure each is; it applies nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from .....states.errors import InputError
from ...call import Call
from ...groups import page
from ...output import columns, put_json, say
from .plan import KINDS


@page(
    "map",
    examples=[
        ("claimdesk import map june.csv > helpdesk.toml", "a draft, to be corrected"),
        ("claimdesk import map june.csv -o helpdesk.toml", "into a file that is not there yet"),
        ("claimdesk import map register.csv --kind certificates", "another kind of file"),
    ],
    see=("import plan", "import claims"),
)
@click.argument("file", metavar="FILE|-")
@click.option("--kind", type=click.Choice(KINDS), default="claims", show_default=True, help="What the file holds.")
@click.option("-o", "--output", metavar="FILE", help="Write the draft there; an existing file is not replaced.")
@click.option("--encoding", metavar="NAME", help="auto, utf-8, utf-16, gb18030, big5, windows-1252, …")
@click.option("--delimiter", metavar="NAME", help="auto, comma, tab, semicolon, bar, or the character.")
@click.pass_obj
def command(call: Call, file: str, kind: str, output: str | None, encoding: str | None, delimiter: str | None) -> None:
    """Write a draft of a map: what each column probably is, and how sure that is."""
    from .....workflow.imports.drafts import draft
    from .....workflow.imports.maps import Map, added
    from ....imports.files import open_source

    made = added(Map(kind), {}, encoding=encoding, delimiter=delimiter)
    with closing(open_source(file, kind, made, any_header=True)) as source:
        call.note(source.shown())
        text, guesses = draft(kind, source.table, source.encoding.shown)
    if output is not None:
        try:
            with Path(output).open("x", encoding="utf-8") as into:
                into.write(text)
        except OSError as error:
            raise InputError(
                "cannot_write", f"the file cannot be written: {error.strerror}", field="--output"
            ) from None
    if call.as_json:
        for guess in guesses:
            put_json({"header": guess.header, "column": guess.column, "confidence": guess.sure, "why": guess.why})
        return
    if output is None:
        click.echo(text, nl=False)
        return
    rows = [[f"{g.sure:.0%}", g.column or "-", g.header, g.why] for g in guesses]
    for line in columns(rows, ("SURE", "COLUMN", "HEADER", "WHY") if rows else (), right=(0,)):
        say(line)
    call.note(f"the draft is in {output}; correct it, then: claimdesk import plan {file} --map {output}")
