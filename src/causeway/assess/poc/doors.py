"""Who may come in: routes that ask for no key, and apps that open themselves to the internet."""

from collections.abc import Iterator, Sequence

from causeway.assess.poc import words
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc, Sighting

SHOWN = 4
GATEWAY = Remedy(
    "`causeway ship` serves it behind a gateway that checks, limits and records.", "causeway ship"
)
_GRAVEST = ("deletes", "reads", "asks", "takes")
_ADDED = {"deletes": " (deletes)", "reads": " (gives back what is kept)"}


def judge(poc: Poc) -> Iterator[Finding]:
    """Routes that anybody may call, the most harmful first."""
    yield from _routes(poc)
    yield from _launched(poc)
    yield from _resets(poc)


def of_app(poc: Poc, what: str) -> list[Sighting]:
    """What was seen in the served file, and in files whose routes are part of the same app."""
    pairs = [{s.value, s.at.path} for s in poc.seen("part_of_app")]
    own = {poc.serve.value}.union(*(pair for pair in pairs if poc.serve.value in pair))
    return [sighting for sighting in poc.seen(what) if sighting.at.path in own]


def _routes(poc: Poc) -> Iterator[Finding]:
    generates = poc.kind.value.startswith("GenAI")
    found = of_app(poc, "open_route")
    if generates:
        found += [s for s in poc.seen("open_route") if s.at.path in poc.serve.candidates and s not in found]
    guarded = of_app(poc, "guarded_route")
    asking = generates or bool(of_app(poc, "predicts"))
    found = [s for s in found if _matters(s, asking=asking, partly=bool(guarded))]
    if not found or (poc.seen("auth") and not guarded):
        return
    found.sort(key=lambda sighting: _GRAVEST.index(sighting.detail))
    grave = generates or found[0].detail in _ADDED
    yield Finding(
        "NO-AUTH",
        Severity.FIX if grave else Severity.NOTE,
        _said(found, guarded),
        Remedy("Ask for a key or a session before doing work.") if grave else GATEWAY,
        tuple(s.at for s in found[:SHOWN]),
        certainty=0.8,
        damage=0.65 if grave else 0.4,
    )


def _matters(sighting: Sighting, *, asking: bool, partly: bool) -> bool:
    """Where some routes are guarded, one that only hands something in may be open on purpose."""
    if sighting.detail in _ADDED:
        return True
    return asking and (sighting.detail == "asks" or not partly)


def _said(found: Sequence[Sighting], guarded: Sequence[Sighting]) -> str:
    names = list(dict.fromkeys(s.value + _ADDED.get(s.detail, "") for s in found))
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    shown = words.listed([*names[:SHOWN], *more])
    if guarded:
        verb = "asks" if len(names) == 1 else "ask"
        return f"{shown} {verb} for no key and no sign-in; {guarded[0].value} does."
    return f"Anybody may call {shown}: no key and no sign-in is asked for."


def _launched(poc: Poc) -> Iterator[Finding]:
    launched = of_app(poc, "open_launch")
    if launched and not poc.seen("auth"):
        yield Finding(
            "NO-AUTH",
            Severity.NOTE,
            f"It opens itself {launched[0].detail} ({launched[0].value}) and asks for no password.",
            Remedy("Give launch() an auth, or put single sign-on before it."),
            (launched[0].at,),
            certainty=0.9,
            damage=0.4,
        )


def _resets(poc: Poc) -> Iterator[Finding]:
    found = of_app(poc, "open_reset")
    if found:
        yield Finding(
            "RESET-OPEN",
            Severity.FIX,
            f"{found[0].value} answers with the link that sets a new password: whoever types somebody's "
            "address takes over the account.",
            Remedy("Send the link to that address, answer the same for all, and let it end within an hour."),
            tuple(s.at for s in found[:2]),
            certainty=0.9,
            damage=0.8,
        )
