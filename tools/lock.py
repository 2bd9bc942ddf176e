"""Renew uv.lock and requirements.lock after a change of dependencies: `python3 dev.py lock [--upgrade]`.

uv resolves once for all supported Pythons and systems; plain pip installs from the exported, hashed list.
The files may name the public index only, so that they mean the same on every machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = "uv==0.13.9"  # pinned: another version may write the files in another form
ALLOWED_HOSTS = {"pypi.org", "files.pythonhosted.org"}
EXPORT = ["export", "--quiet", "--frozen", "--all-extras", "--group", "dev", "--no-emit-project"]


def run(*words: str) -> None:
    if subprocess.run(words, cwd=ROOT, check=False).returncode != 0:
        sys.exit(f"tools/lock.py: this failed: {' '.join(words)}")


def strange_hosts(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+://([^/\"\s]+)", text)) - ALLOWED_HOSTS


def main(words: list[str]) -> int:
    run(sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", UV)
    uv = [sys.executable, "-m", "uv"]
    run(*uv, "lock", "--default-index", "https://pypi.org/simple", *words)
    run(*uv, *EXPORT, "--no-header", "--output-file", "requirements.lock")
    for name in ("uv.lock", "requirements.lock"):
        strange = strange_hosts((ROOT / name).read_text(encoding="utf-8"))
        if strange:
            sys.exit(f"tools/lock.py: {name} names other hosts than the public index: {sorted(strange)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
