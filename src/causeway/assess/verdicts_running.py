"""Verdicts on what is live and on the house around it: gate, protocol, keys, secrets, ledger, outcomes."""

from causeway.assess.evidence import Facts, Rehearsal, within
from causeway.assess.verdict import Verdict, refuted, unknown, verified
from causeway.core.ids import counted
from causeway.core.manifest import Manifest

ENOUGH_JOINED = 0.8
"""Share of predictions whose outcome must be known."""

REHEARSING = frozenset({"sandbox", "pilot"})
"""At these stages the product's own rows may show that outcomes find their way."""
REHEARSAL_DAYS = 30
"""A rehearsal says something for so long."""
_REHEARSE = "causeway prove --only rehearsal"

UNAUTHORISED = 401


def gate(_promise: Manifest | None, facts: Facts) -> Verdict:
    """PIP-3: judged first, live afterwards."""
    if facts.judged_before_live is None:
        return unknown("nothing is live yet", "Ship a release.", command="causeway ship")
    if not facts.judged_before_live:
        return refuted(
            "a release is live that was not evaluated before", "Run and ship again.", command="causeway run"
        )
    return verified("every live release was evaluated before it got traffic")


def protocol(_promise: Manifest | None, facts: Facts) -> Verdict:
    """DEP-1: callers meet a standard protocol with a published schema."""
    if facts.protocol_holds is None:
        return unknown("no endpoint was probed", "Probe one.", command="causeway prove")
    if not facts.protocol_holds:
        return refuted(
            "the endpoint does not speak the Open Inference Protocol", "Serve it behind the gateway."
        )
    return verified(f"{_asked(facts)} speaks the Open Inference Protocol and shows its schema")


def keys(_promise: Manifest | None, facts: Facts) -> Verdict:
    """GOV-1: without a key there is no answer."""
    if facts.anonymous_status is None:
        return unknown("no endpoint was probed", "Probe one.", command="causeway prove")
    if facts.anonymous_status != UNAUTHORISED:
        return refuted(
            f"a call without a key is answered with {facts.anonymous_status}", "Serve it behind the gateway."
        )
    return verified(f"a call without a key is answered with 401 by {_asked(facts)}")


def _asked(facts: Facts) -> str:
    return f"the gateway that was asked on {facts.probed.at:%Y-%m-%d}" if facts.probed else "the endpoint"


def secrets(_promise: Manifest | None, facts: Facts) -> Verdict:
    """GOV-2: no secret lies in the folder."""
    if facts.findings is None:
        return unknown("nobody has looked for secrets", "Look.", command="causeway check")
    found = [finding for finding in facts.findings if "secret" in finding.code.lower()]
    if not found:
        return verified("no secret was found in the folder")
    places = [str(evidence) for finding in found for evidence in finding.evidence]
    return refuted(
        f"secrets lie in the folder: {', '.join(places[:3]) or found[0].title}",
        "Revoke each, then read it from an environment variable instead.",
        codes=tuple(dict.fromkeys(finding.code for finding in found)),
    )


def chain(_promise: Manifest | None, facts: Facts) -> Verdict:
    """GOV-6: the ledger is whole, and an anchor kept elsewhere agrees."""
    if facts.chain is None:
        return unknown("nobody has verified the ledger", "Verify it.", command="causeway verify")
    if not facts.chain.whole:
        return refuted(
            f"the ledger was changed: {facts.chain.first_bad}", "Restore a backup, and find out who did."
        )
    events = f"{facts.chain.events:,} events are in order and unchanged"
    if not facts.chain.anchored:
        return unknown(
            f"{events}; without an anchor a cut tail cannot be seen",
            "Keep an anchor outside of the database, and verify against it.",
            command="causeway prove",
        )
    kept = f" in {facts.chain.kept}" if facts.chain.kept else ""
    return verified(f"{events}, and an anchor agrees{kept}")


def outcomes(promise: Manifest | None, facts: Facts) -> Verdict:
    """MON-4: what really happened becomes known for the predictions."""
    days = promise.evaluation.outcome_days if promise else None
    if facts.due if facts.due is not None else facts.predictions:
        return _joined(facts, days)
    if facts.rehearsal and (promise is None or promise.product.stage in REHEARSING):
        return _rehearsed(facts.rehearsal, days, facts)
    if facts.predictions:
        return unknown(
            f"{counted(facts.predictions, 'prediction')} on record, none {days:g} days old, which is when "
            "its outcome is known",
            "Wait for it, or rehearse.",
            command=_REHEARSE,
        )
    return unknown(
        "no prediction of a caller is on record yet", "Let callers in, then seal.", command="causeway seal"
    )


def _joined(facts: Facts, days: float | None) -> Verdict:
    """Of the callers' predictions; an outcome that came early counts too."""
    due = facts.due or facts.predictions or 0
    known = min(facts.joined, due)
    old = f" that are {days:g} days old" if days else ""
    seen = f"{known:,} of {due:,} predictions{old} have an outcome"
    if known >= ENOUGH_JOINED * due:
        return verified(seen)
    if not known:
        return unknown(seen, "Bring outcomes in.", command="causeway label")
    return refuted(f"{seen}, fewer than {ENOUGH_JOINED:.0%}", "Bring the rest in.", command="causeway label")


def _rehearsed(seen: Rehearsal, days: float | None, facts: Facts) -> Verdict:
    """Rows of the product's own are enough to see that the way is open, until a caller's outcome is due."""
    told = (
        f"a rehearsal, no caller's rows: {seen.known:,} of {counted(seen.answered, 'answer')} to "
        f"{seen.source} have an outcome"
    )
    if days is None:
        return unknown(
            f"{told}; nobody said after how many days a caller's is known",
            "Write [evaluation] outcome_days in causeway.toml.",
        )
    if not within(seen.at, REHEARSAL_DAYS, at=facts.at):
        return unknown(f"{told}, more than {REHEARSAL_DAYS} days ago", "Repeat it.", command=_REHEARSE)
    if seen.known < ENOUGH_JOINED * seen.answered:
        return refuted(f"{told}, fewer than {ENOUGH_JOINED:.0%}", "Bring the rest in.", command=_REHEARSE)
    return verified(f"{told}, on {seen.at:%Y-%m-%d}; a caller's is declared to be known after {days:g} days")
