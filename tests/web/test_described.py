"""What the description allows, asked by a program that knows nothing else: no fault, no answer not described."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from claimdesk.adapters.web.callers import ByKey
from claimdesk.adapters.web.keys import KeyFile

from .served import VALID, serving

#: A filing may fit its schema and still be refused: which of the two it is, only the rules know.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "use_after_free", "ensure_resource_availability", "ignored_auth",
)  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_api_is_as_it_is_described(tmp_path: Path):
    keys = KeyFile(tmp_path / "keys")
    _, token = keys.make("cs:mei", "it:ana", lambda count: bytes(range(count)))
    with serving(f"sqlite:///{tmp_path}/c.db", ByKey(keys), sender="memory") as api:
        api.bearer = token
        for number in range(5):
            claim = api.filed(order={"id": f"114-{number}"}, filed_at="2024-06-03T09:00:00Z")
            if number % 2:
                api.post(f"/v1/claims/{claim}/record_screening", VALID)
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{api.port}/openapi.json",
             "--header", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS), "--max-examples", "20",
             "--seed", "1", "--no-color", "--request-timeout", "30", "--exclude-path", "/v1/triage"],
            cwd=tmp_path, capture_output=True, text=True, timeout=800, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
