"""``claimdesk audit pack``: claim files, registers, rulebooks and proofs in one zip that checks itself offline.

Decision: every pack is checked with its own ``verify.py`` before the command ends, so that none is handed out that an
auditor would refuse. Personal values go in only with ``--personal`` and a purpose, by the way of ``show --reveal``:
who may look, and an entry in each claim that says who did and why, before anything is written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import InputError, Refused
from ...call import Call, checked_id
from ...groups import page
from ...output import is_terminal, put, put_json
from ...whole import whole_file

if TYPE_CHECKING:
    from ....desk import ClaimDesk
    from ....pack.build import Built
    from ....pack.pdf import Press


@page(
    "pack",
    examples=[
        ("claimdesk audit pack CLM-… -o pack.zip", "one claim"),
        ("claimdesk audit pack --sample 25 --seed 2024Q2 -o pack.zip", "a sample; the same seed, the same claims"),
        ("unzip -q pack.zip -d pack && python3 pack/verify.py", "check it, anywhere"),
    ],
    past=True,
    exits=(0, 1, 2, 3, 5, 75),
    see=("audit sample", "report"),
)
@click.argument("claims", nargs=-1)
@click.option("--sample", type=click.IntRange(1, 100_000), metavar="N", help="Draw so many claims.")
@click.option("--seed", metavar="TEXT", help="The seed of the sample; the same seed draws the same claims.")
@click.option("--by", default="outcome,programme,amount", show_default=True, metavar="NAMES",
              help="What to stratify by; see claimdesk audit sample.")  # fmt: skip
@click.option("-o", "--output", "target", metavar="FILE", required=True, help="The zip; whole or not there.")
@click.option("--no-pdf", "no_pdf", is_flag=True, help="Pages only.")
@click.option("--font", metavar="FILE", type=click.Path(), help="A TrueType file that the PDFs are set in.")
@click.option("--personal", is_flag=True, help="With personal values; needs --purpose, and leaves entries.")
@click.option("--purpose", metavar="CODE|TEXT", help="What for, such as audit or legal; --reason says the same.")
@click.option("--unsigned", is_flag=True, help="Leave the manifest unsigned.")
@click.pass_obj
def command(
    call: Call,
    claims: tuple[str, ...],
    sample: int | None,
    seed: str | None,
    target: str,
    no_pdf: bool,
    font: str | None,
    personal: bool,
    purpose: str | None,
    unsigned: bool,
    by: str,
) -> int:
    """Put claim files, registers and proofs into one zip that stands alone."""
    purpose = _purpose(call, personal, purpose)
    _fits(claims, sample, seed)
    press = None if no_pdf else _press(call, font)
    with call.desk(there=True) as desk, whole_file(target) as file:
        chosen = [checked_id(c) for c in claims] if claims else _drawn(desk, sample or 0, seed or "", by)
        if sample is not None and len(chosen) > sample:
            call.note(
                f"{len(chosen)} claims: one of each kind that --by {by} tells apart, which are more than {sample}"
            )
        how: dict[str, Any] = {"claims": len(chosen)} if claims else {"sample": sample, "seed": seed, "by": by}
        built = _build(call, desk, chosen, how, press, purpose, sign=not unsigned, file=file)
        file.flush()
        said, faults = _checked(call, desk, Path(file.name), built)
    if call.as_json:
        put_json({"file": Path(target).name, "claims": built.claims, "files": built.files, "waiting": built.waiting,
                  "signed": built.signed, "pdf": press is not None, "manifest_sha256": built.manifest_sha256,
                  "faults": faults})  # fmt: skip
    else:
        put(f"{built.claims} claim and seller files, {built.files} files, manifest sha256:{built.manifest_sha256}")
        for line in [*said, *(f"BAD: {fault}" for fault in faults)]:
            call.note(line)
    return 1 if faults else 0


def _purpose(call: Call, personal: bool, purpose: str | None) -> str | None:
    """What personal values are for; None where none are asked for."""
    if not personal:
        if purpose is not None:
            raise InputError("missing_field", "a purpose is told with --personal", field="--personal")
        return None
    told = purpose or str(call.told.get("reason") or "")
    if not told.strip():
        raise Refused("needs_reason", "personal values need a purpose", hint="--purpose audit, or in a few words")
    if call.past() is not None:
        raise InputError("not_here", "personal values are those of now", field="--personal")
    return told


def _fits(claims: tuple[str, ...], sample: int | None, seed: str | None) -> None:
    if bool(claims) == bool(sample):
        raise InputError("missing_field", "name the claims, or draw a sample", field="CLAIM",
                         hint="claimdesk audit pack --sample 25 --seed 2024Q2 -o pack.zip")  # fmt: skip
    if claims and seed is not None:
        raise InputError("not_here", "claims that are named are not drawn", field="--seed")
    if sample and not seed:
        raise InputError("missing_field", "a sample needs a seed, so that it can be drawn again", field="--seed")


def _press(call: Call, font: str | None) -> Press | None:
    from ....pack.pdf import Press, can_make_pdf

    if can_make_pdf():
        return Press(None if font is None else Path(font))
    if font is not None:
        raise InputError("no_pdf", "PDFs need a package that is not installed", field="--font",
                         hint="pip install 'claimdesk[pdf]'")  # fmt: skip
    call.note("no PDFs: pip install 'claimdesk[pdf]' makes them; the pages are in the pack")
    return None


def _drawn(desk: ClaimDesk, count: int, seed: str, by: str) -> list[str]:
    """The claims that ``claimdesk audit sample`` draws with the same seed at the same checkpoint."""
    from ....tlog.sample import STRATA, draw
    from .opened import checkpoint_of

    names = [] if by == "none" else [name.strip() for name in by.split(",")]
    if any(name not in STRATA for name in names) or len(set(names)) != len(names):
        raise InputError("bad_setting", "this is nothing to stratify by", field="--by", hint=f"of: {', '.join(STRATA)}")
    found = [m.claim for m in draw(desk.store, checkpoint_of(desk, None), count=count, seed=seed, by=names).members]
    if not found:
        raise InputError("nothing_to_draw", "there is no claim to draw", field="--sample")
    return found


def _build(
    call: Call,
    desk: ClaimDesk,
    chosen: list[str],
    how: Mapping[str, Any],
    press: Press | None,
    purpose: str | None,
    *,
    sign: bool,
    file: Any,
) -> Built:
    from .....states.times import instant_text
    from ....pack.build import Asking, build

    at = call.past()
    watched = is_terminal(sys.stderr) and not call.quiet

    def progress(done: int) -> None:
        if watched:
            sys.stderr.write(f"\r{done} of {len(chosen)} claims")
            sys.stderr.flush()

    actor = call.config.text("actor")
    reading = None if purpose is None else _reading(desk, purpose, actor)
    asking = Asking(chosen, actor, how, call.lang, None if at is None else instant_text(at),
                    press, reading, sign)  # fmt: skip
    built = build(desk, asking, file, progress)
    if watched:
        sys.stderr.write("\r\x1b[K")
    return built


def _reading(desk: ClaimDesk, purpose: str, actor: str) -> Callable[[str], Mapping[str, Any]]:
    def read(claim: str) -> Mapping[str, Any]:
        return desk.personal(claim, purpose=purpose, actor=actor)

    return read


def _checked(call: Call, desk: ClaimDesk, path: Path, built: Built) -> tuple[list[str], list[str]]:
    """What the pack's own check says of it, and its faults."""
    from ....pack.verify import Pack, check

    pack = Pack(path)
    notes = list(check(pack, str(desk.log.signer.key) if built.signed else None))
    if built.waiting:
        notes.append(f"{built.waiting} entries are not under a checkpoint yet: claimdesk audit checkpoint --publish")
    return notes, pack.faults
