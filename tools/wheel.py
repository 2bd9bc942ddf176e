"""Build the source archive, the wheel from it, and compare the wheel's files with the folders.

Works on a copy of the files git knows or would take, so that neither a stale egg-info nor a scratch file can
change the answer. Run as `python3 dev.py wheel`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from packages import FOLDERS, ROOT

IGNORED_SUFFIXES = {".pyc", ".pyo"}


def copy_of_the_checkout(target: Path) -> Path:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listing.split("\0")):
        source, copy = ROOT / name, target / name
        if source.is_symlink() or source.is_file():  # a file deleted but not yet committed is neither
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    return target


def expected_files(checkout: Path) -> set[str]:
    """What the wheel must hold: all files of the three folders and of src/claimdesk, by import path."""
    tops = {"claimdesk": checkout / "src" / "claimdesk"}
    tops |= {name: checkout / folder.relative_to(ROOT) for name, folder in FOLDERS.items()}
    found: set[str] = set()
    for name, top in tops.items():
        for path in top.rglob("*"):
            inner = path.relative_to(top)
            if any((top / part).is_symlink() for part in inner.parents if part != Path()) or path.is_symlink():
                continue  # the three symlinks lead to folders that are counted by themselves
            if path.is_file() and "__pycache__" not in inner.parts and path.suffix not in IGNORED_SUFFIXES:
                found.add("/".join((*name.split("."), *inner.parts)))
    return found


def build(checkout: Path, out: Path) -> Path:
    """The wheel, built from the source archive; setuptools comes from the locked environment."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{done.stderr}\ntools/wheel.py: the build failed")
    return next(out.glob("*.whl"))


IMPORT_ALL = """
import importlib, sys
place, *names = sys.argv[1:]
sys.path.insert(0, place)
for name in names:
    module = importlib.import_module(name)
    assert str(module.__file__).startswith(place), f"{name} came from {module.__file__}"
"""


def imports_well(wheel: Path, place: Path) -> bool:
    """Whether every package of the wheel can be imported from it, away from the checkout."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
        inits = [name for name in archive.namelist() if name.endswith("/__init__.py")]
    names = sorted(name.removesuffix("/__init__.py").replace("/", ".") for name in inits)
    command = [sys.executable, "-I", "-c", IMPORT_ALL, str(place), *names]
    return subprocess.run(command, cwd=place, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="folder to leave the archives in")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory(prefix="claimdesk-wheel-") as scratch:
        checkout = copy_of_the_checkout(Path(scratch) / "checkout")
        wanted = expected_files(checkout)
        wheel = build(checkout, Path(scratch) / "out")
        with zipfile.ZipFile(wheel) as archive:
            held = {name for name in archive.namelist() if ".dist-info/" not in name}
        good = imports_well(wheel, Path(scratch) / "unpacked")
        if keep:
            shutil.copytree(Path(scratch) / "out", keep, dirs_exist_ok=True)
    for name in sorted(wanted - held):
        print(f"missing in the wheel: {name}")
    for name in sorted(held - wanted):
        print(f"in the wheel, but not in the folders: {name}")
    if wanted != held:
        print("packages are listed by tools/packages.py --write, data files by [tool.setuptools.package-data]")
        return 1
    if not good:
        print("a package of the wheel cannot be imported; the error stands above")
        return 1
    print(f"{wheel.name}: {len(held)} files, as in the folders; every package can be imported from it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
