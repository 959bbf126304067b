"""Whether what would start it elsewhere names what is there, sets what it needs, and does not drift."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import Poc, Sighting


def judge(poc: Poc) -> Iterator[Finding]:
    """Broken recipes, unset variables, recipes that drift, and terms of the licence."""
    yield from _broken(poc)
    yield from _unset(poc)
    yield from _loose(poc)
    yield from _terms(poc)


def _broken(poc: Poc) -> Iterator[Finding]:
    found = list(poc.seen("broken_deployment"))
    if found:
        more = f" (and {len(found) - 1} more of the kind)" if len(found) > 1 else ""
        yield Finding(
            "DEPLOY-BROKEN",
            Severity.FIX,
            f"{found[0].at.path} {found[0].value}{more}.",
            Remedy("Copy and name what is there; then build and start it once."),
            _places(found),
            certainty=0.85,
            damage=0.5,
        )


def _unset(poc: Poc) -> Iterator[Finding]:
    found = list(poc.seen("unset_variable"))
    names = list(dict.fromkeys(sighting.value for sighting in found))
    if names:
        yield Finding(
            "DEPLOY-ENV",
            Severity.FIX,
            f"{found[0].at.path} does not set {words.listed(names[:4])}, which the code reads and has "
            "nothing to fall back on.",
            Remedy("Set it there, or name an env_file."),
            _places(found),
            certainty=0.75,
            damage=0.4,
        )


def _loose(poc: Poc) -> Iterator[Finding]:
    found = list(poc.seen("loose_deployment"))
    if found:
        parts = list(dict.fromkeys(sighting.value for sighting in found))
        yield Finding(
            "DEPLOY-LOOSE",
            Severity.NOTE,
            f"{found[0].at.path} {words.listed(parts[:4])}.",
            Remedy("Name versions of images, a user without rights, limits and probes."),
            _places(found),
            certainty=0.85,
            damage=0.2,
        )


def _terms(poc: Poc) -> Iterator[Finding]:
    for sighting in poc.seen("licence_terms"):
        yield Finding(
            "LICENCE-TERMS",
            Severity.NOTE,
            f"The licence is {sighting.value}: {sighting.detail}.",
            Remedy("Ask whoever answers for licences before it serves customers."),
            (sighting.at,),
            certainty=0.85,
            damage=0.3,
        )


def _places(found: list[Sighting]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(sighting.at for sighting in found))[:4]
