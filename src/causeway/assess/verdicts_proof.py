"""Verdicts on what was proven apart from a release: rights to data, review, tests, dependencies, inputs."""

from causeway.assess.evidence import Facts, Personal, within
from causeway.assess.verdict import Verdict, attested, refuted, unknown, verified
from causeway.assess.verdicts_value import recorded_baseline
from causeway.core.ids import counted, short
from causeway.core.manifest import Manifest

PROOF_DAYS = 30
ACTIVE = "active"
MOST_NAMED = 3

_RUN = "causeway run"
_PROVE = "causeway prove"


def baseline(promise: Manifest | None, facts: Facts) -> Verdict:
    """VAL-2: the measure was taken before anything was live."""
    noted = recorded_baseline(facts)
    asked_before = facts.baseline is not None and not facts.baseline.after_launch
    if noted is not None and noted.fact is not None and not noted.after_launch and not asked_before:
        read = f"from {noted.fact.source}, read by {noted.fact.who}"
        return verified(
            f"{noted.value:.4g} {read}, was on record on {noted.at:%Y-%m-%d}, before any release was live"
        )
    if promise is None or not promise.kpi.query:
        return unknown(
            "nobody wrote how the baseline is computed, or what it was before launch",
            "Record it (causeway measure baseline), or write its SELECT: [kpi] query",
        )
    if facts.baseline is None:
        return unknown("the query of the baseline was not asked yet", "Ask it.", command=_PROVE)
    when = f"{facts.baseline.fact.value:.4g} on {facts.baseline.at:%Y-%m-%d}"
    if facts.baseline.after_launch:
        return refuted(
            f"the baseline was first computed as {when}, after a release was live",
            "Compute it for the time before: a query over data of then.",
        )
    return verified(f"the baseline was computed as {when}, before any release was live")


def access(promise: Manifest | None, facts: Facts) -> Verdict:
    """DAT-3: whoever owns the data lets this product use it, for its purpose, until a day."""
    if promise is None or not facts.permissions:
        return unknown("no source of data is named, or nothing has run", "Name it and run.", command=_RUN)
    closed = [each for each in facts.permissions if each.owner and each.state != ACTIVE]
    if closed:
        first = closed[0]
        return refuted(
            f"no grant of {first.owner} holds for {first.source}: {first.state}",
            f"Have {first.owner} grant it.",
            command="causeway access",
        )
    granted = [each for each in facts.permissions if each.owner]
    if len(granted) < len(facts.permissions):
        free = next(each.source for each in facts.permissions if not each.owner)
        said = f"{free} lies in the folder, and nobody is named who could grant its use"
        remedy = "Name who: [[data]] owner and purpose; then let them grant it: `causeway access`."
        owner = promise.product.owner
        return attested(owner, said, remedy=remedy) if owner else unknown(said, remedy)
    told = (f"{each.source} by {each.owner} until {each.until:%Y-%m-%d}" for each in granted)
    return verified(f"granted for its purpose: {', '.join(told)}")


def personal(_promise: Manifest | None, facts: Facts) -> Verdict:
    """DAT-9: personal data is known as such, and there is a reason to process it."""
    if facts.personal is None:
        return unknown("no data was scanned for personal columns", "Name the data: [[data]] path")
    scanned = counted(facts.columns_scanned, "column")
    if not facts.personal:
        return verified(f"a scan of {scanned} finds none behind which a person could be")
    loose = [each for each in facts.personal if not each.classified]
    if loose:
        return refuted(
            f"looks personal, and no contract classifies it: {_named(loose)}",
            "Classify it in the contract (`classification: personal`), or leave it out.",
            codes=("PERSONAL-DATA",),
        )
    without = [each for each in facts.personal if not each.basis]
    if without:
        return unknown(f"no legal basis is written for {_named(without)}", "Write it: [[data]] legal_basis")
    bases = ", ".join(dict.fromkeys(each.basis for each in facts.personal))
    return verified(f"{_named(facts.personal)}: classified by the contract; basis: {bases}")


def reviewed(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MOD-2: somebody else approved the commit that the release was made from."""
    if facts.release is None:
        return unknown("there is no release yet", "Make one.", command=_RUN)
    review = facts.review
    if review is None:
        return unknown("the folder is at no commit of a git repository", "Commit it.")
    if not review.clean:
        return refuted(f"{review.first_change} is not as committed", "Commit it, then run again.")
    if facts.source != facts.release.inputs.get("source"):
        return refuted("the release was made from other files than are committed", "Run again.", command=_RUN)
    commit = f"commit {review.commit[:12]} by {review.author}"
    if not review.approvers:
        return unknown(
            f"{commit} carries no approval of somebody else",
            'Have somebody else read it and say so in the commit: "Reviewed-by: Name <name@example.org>".',
        )
    return verified(f"{commit}, reviewed by {', '.join(review.approvers)}, holds what the release is made of")


def base_models(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MOD-10: whose models it builds on."""
    if facts.release is None or facts.models_in_bill is None:
        return unknown("there is no release with a bill of materials yet", "Make one.", command=_RUN)
    if facts.base_models is None:
        return unknown("nobody looked which models the code loads", "Look.", command="causeway check")
    if facts.base_models:
        return unknown(
            f"it builds on {', '.join(facts.base_models[:MOST_NAMED])}, whose terms nobody has written down",
            "Find out its supplier and licence, and whether they allow this use.",
        )
    if facts.models_in_bill != 1:
        return unknown(
            f"the bill of materials names {facts.models_in_bill} models", "Run again.", command=_RUN
        )
    return verified("it builds on no model of others: its bill names one model, trained by the run itself")


def tested(_promise: Manifest | None, facts: Facts) -> Verdict:
    """PIP-2: the tests pass on the released code, and run on every push."""
    if facts.release is None:
        return unknown("there is no release yet", "Make one.", command=_RUN)
    test = facts.tested
    if test is None:
        return unknown("nobody ran the tests on record", "Run them.", command=_PROVE)
    fact = test.fact
    if fact.source != facts.release.inputs.get("source"):
        return unknown("the tests were run on other files than the release", "Run them.", command=_PROVE)
    seen = f"{counted(fact.passed, 'test')} passed and {fact.failed:,} failed on {test.at:%Y-%m-%d}"
    if fact.failed or not fact.passed:
        return refuted(f"{seen}{f': {fact.why}' if fact.why else ''}", "Mend what fails.", command=_PROVE)
    if not facts.ci:
        return unknown(f"{seen}; nothing runs them on a push", "Add it.", command="causeway fix")
    return verified(f"{seen}, on the very files of the release; {facts.ci} runs them on every push")


def inputs(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MON-2: what callers send is held against the rows that this release was proven on."""
    if facts.release is None:
        return unknown("there is no release yet", "Make one.", command=_RUN)
    probe = facts.probed
    if probe is None or not within(probe.at, PROOF_DAYS, at=facts.at):
        return unknown("no gateway with this release was asked lately", "Ask one.", command=_PROVE)
    fact, count = probe.fact, len(facts.release.signature.inputs)
    if not fact.watched:
        return unknown(
            f"of {counted(count, 'input')} none has bounds, categories or an alphabet",
            "Watch what can be watched of a text: its length, its language.",
        )
    seen = f"{fact.told} of {fact.watched} inputs tell a value that release {short(fact.release)} never saw"
    if fact.told < fact.watched:
        return refuted(seen, "Serve it behind the gateway, with validation: [serving] validation")
    return verified(f"{seen} (of {count} in all), tried on {probe.at:%Y-%m-%d}")


def dependencies(_promise: Manifest | None, facts: Facts) -> Verdict:
    """GOV-3: nothing is known against the packages of the release."""
    if facts.release is None:
        return unknown("there is no release yet", "Make one.", command=_RUN)
    scan = facts.scanned
    if scan is None or not within(scan.at, PROOF_DAYS, at=facts.at):
        return unknown(
            "no report on the packages of this release is on record, or it is too old",
            "Have pip-audit or OSV-Scanner look its environment.txt up, and bring the report: --scan.",
            command=_PROVE,
        )
    fact = scan.fact
    seen = f"{fact.tool} looked up {fact.covered} of {counted(fact.packages, 'package')}"
    if fact.weak:
        return refuted(f"{seen}; known against {', '.join(list(fact.weak)[:MOST_NAMED])}", "Upgrade it.")
    if fact.covered < fact.packages:
        return unknown(f"{seen}: too few", "Let it look every one up.", command=_PROVE)
    return verified(f"{seen} on {scan.at:%Y-%m-%d}, and knows nothing against any")


def _named(columns: "tuple[Personal, ...] | list[Personal]") -> str:
    names = [f"{each.column} ({each.why})" for each in columns]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
