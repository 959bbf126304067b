"""Verdicts on the declared peak: that it was tried, that it held, and what it costs."""

from causeway.assess.evidence import Facts, within
from causeway.assess.verdict import Verdict, refuted, unknown, verified
from causeway.core.manifest import Manifest
from causeway.views.proofs import Loaded

LOAD_DAYS = 90
"""What was measured longer ago says nothing of today."""

_LOAD = "causeway load"


def peak_held(_promise: Manifest | None, facts: Facts) -> Verdict:
    """DEP-5: at the declared peak the promise to callers holds."""
    loaded = facts.loaded
    if loaded is None or not within(loaded.at, LOAD_DAYS, at=facts.at):
        return unknown("nobody tried the peak with this release lately", "Try it.", command=_LOAD)
    fact = loaded.fact
    said = _said(loaded)
    if fact.holds:
        return verified(f"{said}; the peak of {fact.peak:,.0f} a second holds")
    if fact.limit:
        return unknown(
            f"{said}; the {fact.limit} was the limit, so the peak of {fact.peak:,.0f} was not reached",
            "Try it on a machine with more processors.",
            command=_LOAD,
        )
    return refuted(
        f"{said}; the peak of {fact.peak:,.0f} a second does not hold",
        f"Run {fact.needed[1]} processes: [serving] workers" if fact.needed[1] else "Make it faster.",
        command=_LOAD,
    )


def peak_priced(_promise: Manifest | None, facts: Facts) -> Verdict:
    """CST-6: what the declared peak costs is measured and priced."""
    loaded = facts.loaded
    if loaded is None or not within(loaded.at, LOAD_DAYS, at=facts.at):
        return unknown("nobody measured what the peak takes", "Measure it.", command=_LOAD)
    fact = loaded.fact
    if not fact.rates:
        return unknown("at no rate did the promise hold", "Make it faster.", command=_LOAD)
    return verified(
        f"{fact.cost_low:,.0f} to {fact.cost_high:,.0f} {fact.currency} a month for {fact.peak:,.0f} "
        f"requests a second, {fact.cpu_seconds:.3g} processor seconds for 1,000; prices of {fact.rates}"
    )


def _said(loaded: Loaded) -> str:
    fact = loaded.fact
    knee = next((step for step in fact.steps if step.rate == fact.knee), None)
    if knee is None:
        return f"tried on {loaded.at:%Y-%m-%d}: no rate held"
    return (
        f"tried on {loaded.at:%Y-%m-%d}: {fact.knee:,.0f} requests a second with p99 {knee.p99_ms:.3g} ms "
        f"(promised {fact.latency_ms:g}), {knee.errors} of {knee.requests:,} failed"
    )
