"""The example files say what the page about imports says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import place, run  # noqa: F401  # fixtures

FILES = Path(__file__).resolve().parents[2] / "examples" / "imports"
#: kind, file, (created, duplicate, rejected), codes; each into an empty store, where every seller is new
WANTED = [
    ("claims", "helpdesk-gb18030.csv", (4, 1, 3),
     {"currency_clash", "date_unclear", "heads_needed", "missing_value", "full_width"}),
    ("certificates", "register.csv", (2, 0, 1), {"ends_before_start", "seller_new"}),
    ("proceeds", "sales.csv", (3, 0, 1), {"negative_amount", "seller_new"}),
    ("responses", "answers.jsonl", (0, 0, 2), {"unknown_claim"}),
    ("payments", "payments.csv", (0, 0, 2), {"unknown_claim"}),
]  # fmt: skip


@pytest.mark.skipif(not FILES.exists(), reason="not the whole checkout")
def test_the_example_files_come_to_what_the_page_says(run, place):  # noqa: F811
    for kind, name, counts, codes in WANTED:
        more = ("--map", str(FILES / "helpdesk.toml")) if kind == "claims" else ()
        plan = run("import", "plan", kind, str(FILES / name), *more, "--json").json
        assert (plan["created"], plan["duplicate"], plan["rejected"]) == counts, name
        assert {one["code"] for one in plan["codes"]} == codes, name
