"""``claimdesk schema``: the JSON Schema of each verb's payload, from the shapes that check it; columns of exports."""

from __future__ import annotations

from typing import Any

import click

from ....states.errors import InputError
from ..call import Call
from ..groups import page
from ..output import put, put_json
from ..payloads import schema_of
from .do import unknown_verb, verbs_of


@page(
    "schema",
    examples=[
        ("claimdesk schema file", "what a filing may hold"),
        ("claimdesk schema 'export claims'", "the columns of an export"),
        ("claimdesk schema", "the verbs and the exports"),
        ("claimdesk schema --json", "every schema in one object"),
    ],
    exits=(0, 2),
    see=("do", "commands"),
)
@click.argument("verb", required=False)
@click.option("--programme", default="pdpi", show_default=True, help="The programme.")
@click.pass_obj
def command(call: Call, verb: str | None, programme: str) -> None:
    """JSON Schema of each verb's payload."""
    verbs = verbs_of(programme)
    opening = _opening(programme)
    verbs = [opening, *(v for v in verbs if v != opening)]
    tables = _tables()
    if verb in tables:
        put_json(tables[verb])
    elif verb is not None:
        name = verb.replace("-", "_")
        if name not in verbs:
            raise unknown_verb(name, verbs)
        put_json(_schema(programme, name))
    elif call.as_json:
        shown = {name: _schema(programme, name) for name in verbs}
        put_json({"programme": programme, "verbs": shown, "exports": tables})
    else:
        for name in (*verbs, *tables):
            put(name)


def _tables() -> dict[str, dict[str, Any]]:
    """The columns of each export, under the name of its command."""
    from ...exports.tables import TABLES
    from ...exports.writing import described

    return {f"export {name}": described(table) for name, table in TABLES.items()}


def _opening(programme: str) -> str:
    from ....workflow import registry

    return registry.programme(programme).opening


def _schema(programme: str, verb: str) -> dict[str, Any]:
    from ....workflow import registry

    if verb in registry.programme(programme).seller_first:
        programme = registry.SELLER_FILE
    found = schema_of(programme, verb)
    if not found:
        raise InputError("no_schema", "this verb has no schema yet", field="verb")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"claimdesk:{programme}/{verb}", **found}
