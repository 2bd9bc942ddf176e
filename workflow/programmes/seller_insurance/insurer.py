"""The insurer: its financial rating and where it can handle claims.

Domain notes 2.2 row 9: global claim-handling capability and S&P A- and/or AM Best A- or better, a local
equivalent where neither is used; in force from 2021-09-01, used for earlier certificates too (assumed). A
rating left out is no rating (contract section 8). Left out: whether a rating was valid on the day; ratings
are taken as told.
"""

from __future__ import annotations

from ....states.codes import CertificateFault as Fault
from .findings import Finding, Subject, found, yes_or_no

#: The agencies' own scales, best first; "NR" (not rated) is no rating.
AM_BEST = ("A++", "A+", "A", "A-", "B++", "B+", "B", "B-", "C++", "C+", "C", "C-", "D", "E", "F", "S")
SP = (
    "AAA", "AA+", "AA", "AA-", "A+", "A", "A-", "BBB+", "BBB", "BBB-", "BB+", "BB", "BB-", "B+", "B", "B-",
    "CCC+", "CCC", "CCC-", "CC", "C", "R", "SD", "D",
)  # fmt: skip
NOT_RATED = "NR"
SCALES: dict[str, tuple[str, ...]] = {"am_best": AM_BEST, "sp": SP}


def rating(subject: Subject) -> Finding:
    """One rating at or over the floor is enough; a local equivalent counts where there is none (S4)."""
    told = {agency: subject.of_insurer(agency) for agency in SCALES}
    floors = {agency: subject.rulebook.text(f"certificate.rating_floor_{agency}") for agency in SCALES}
    limit = ", ".join(f"{agency} {floor}" for agency, floor in floors.items())
    rated = {agency: r for agency, r in told.items() if r not in (None, "unknown", NOT_RATED)}
    value = ", ".join(f"{agency} {r}" for agency, r in rated.items()) or "no rating"
    reached = [agency for agency, r in rated.items() if _reaches(agency, r, floors[agency])]
    if reached:
        rule = f"certificate.rating_floor_{reached[0]}"
        readings = () if len(reached) == len(rated) else ("S4",)
        return found(Fault.RATING, rule, True, value=value, limit=limit, readings=readings)
    rule = "certificate.rating_floor_" + next(iter(rated), "am_best")
    unknown = tuple(f"insurer.{agency}" for agency, r in told.items() if r == "unknown")
    if unknown:
        asks = unknown if subject.fact("insurer") is not None else ("insurer",)
        return found(Fault.RATING, rule, None, value=value, limit=limit, asks=asks)
    if rated:
        readings = ("S4",) if subject.of_insurer("local_equivalent") is True else ()
        return found(Fault.RATING, rule, False, value=value, limit=limit, readings=readings)
    return _local_equivalent(subject, rule, limit)


def _reaches(agency: str, rating: str, floor: str) -> bool:
    scale = SCALES[agency]
    return rating in scale and scale.index(rating) <= scale.index(floor)


def _local_equivalent(subject: Subject, rule: str, limit: str) -> Finding:
    told = subject.of_insurer("local_equivalent")
    if told == "unknown":
        asks = ("insurer.local_equivalent",)
        return found(Fault.RATING, rule, None, value="no rating", limit=limit, asks=asks)
    value = "local equivalent" if told is True else "no rating"
    return found(Fault.RATING, rule, told is True, value=value, limit=limit)


def claims_handling(subject: Subject) -> Finding:
    """The insurer must be able to handle claims globally."""
    told = subject.of_insurer("global_claims_handling")
    name = "insurer.global_claims_handling" if subject.fact("insurer") is not None else "insurer"
    return yes_or_no(subject, Fault.CLAIMS_HANDLING, "certificate.claims_handling", name, told)
