"""Verdicts on what is live and on the house around it: gate, protocol, keys, secrets, ledger, outcomes."""

from causeway.assess.evidence import Facts
from causeway.assess.verdict import Verdict, refuted, unknown, verified
from causeway.core.manifest import Manifest

ENOUGH_JOINED = 0.8
"""Share of predictions whose outcome must be known."""

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


def outcomes(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MON-4: what really happened becomes known for the predictions."""
    if not facts.predictions:
        return unknown(
            "no prediction is on record yet", "Let callers in, then seal.", command="causeway seal"
        )
    share = facts.joined / facts.predictions
    seen = f"{facts.joined:,} of {facts.predictions:,} predictions have an outcome"
    if share >= ENOUGH_JOINED:
        return verified(seen)
    if not facts.joined:
        return unknown(seen, "Bring outcomes in.", command="causeway label")
    return refuted(f"{seen}, fewer than {ENOUGH_JOINED:.0%}", "Bring the rest in.", command="causeway label")
