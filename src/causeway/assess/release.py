"""What a release's own proofs say against it: skill, encoded input, parity, contract, leakage."""

from msgspec import Struct

from causeway.assess import answer_scale, measured_leaks, quality_gate, trouble
from causeway.assess.answer_scale import Scale
from causeway.assess.target_leak import Telltale
from causeway.core.contract import Violation
from causeway.core.environment import Problem
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.metrics import spoken
from causeway.core.release import Evaluation, Parity
from causeway.core.trace import TraceError


class Unexplained(Struct, frozen=True):
    """A model column that could not be made again from the raw columns, and where it came to be."""

    column: str
    why: str
    where: str = ""


class Leak(Struct, frozen=True):
    """A model column that knows the answer."""

    column: str
    why: str
    where: str = ""


class Drop(Struct, frozen=True):
    """A statement of the training after which rows of the source were gone."""

    where: str
    source: str
    rows: int


class Proofs(Struct, frozen=True, omit_defaults=True):
    """What the stages of a run found out about the release to be."""

    evaluation: Evaluation
    parity: Parity
    not_compiled: str = ""
    """Why a process with the model itself answers, and no converted one."""
    encoded_input: bool = False
    unexplained: tuple[Unexplained, ...] = ()
    leaks: tuple[Leak, ...] = ()
    before_split: tuple[str, ...] = ()
    """What was fitted or resampled before the split, as recovery calls it."""
    telltales: tuple[Telltale, ...] = ()
    scale: Scale | None = None
    violations: tuple[Violation, ...] = ()
    contract: str = ""
    contract_inferred: bool = False
    features_at: str = ""
    """Where the manifest names a function that makes the model's columns, or would."""
    data_named: str = ""
    """The path in the manifest."""
    data_read: str = ""
    """The path that the training read."""
    rows_in_source: int = 0
    rows_kept: int = 0
    drops: tuple[Drop, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What the environment lacks or has otherwise than declared."""
    failed: tuple[TraceError, ...] = ()
    """The statements of the training that raised."""


def judge(proofs: Proofs) -> tuple[Finding, ...]:
    """Every finding about this release, those that block shipping first."""
    findings = (
        *_skill(proofs.evaluation),
        *quality_gate.judge(proofs.evaluation),
        *_encoded(proofs),
        *_parity(proofs.parity),
        *_not_compiled(proofs.not_compiled),
        *_leaks(proofs.leaks),
        *measured_leaks.telling(proofs.telltales),
        *measured_leaks.before_split(proofs.before_split),
        *answer_scale.judge(proofs.scale),
        *_contract(proofs),
        *_data(proofs),
        *trouble.judge(proofs.problems, proofs.failed),
        *_left_out(proofs),
        *_copied(proofs.evaluation),
    )
    return tuple(sorted(findings, key=lambda finding: not finding.blocks_ship))


def blockers(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The codes of the findings that keep the release from being shipped."""
    return tuple(sorted({finding.code for finding in findings if finding.blocks_ship}))


def _skill(evaluation: Evaluation) -> tuple[Finding, ...]:
    if evaluation.has_skill:
        return ()
    trivial = evaluation.baseline_name
    return (
        Finding(
            code="NO-SKILL",
            severity=Severity.BLOCKER,
            title=f"The model does not beat {trivial} beyond chance.",
            remedy=Remedy("Stop here, or find columns that know more about the target."),
            evidence=(
                Evidence(
                    text=f"{spoken(evaluation.metric)} {evaluation.value:.3g} "
                    f"against {evaluation.baseline:.3g}; "
                    f"95 % interval of the gain {evaluation.gain_low:.3g} to {evaluation.gain_high:.3g} "
                    f"on {evaluation.rows} rows it was not fitted on"
                ),
            ),
            damage=1.0,
            blocks_ship=True,
        ),
    )


def _encoded(proofs: Proofs) -> tuple[Finding, ...]:
    if not proofs.encoded_input:
        return ()
    columns = ", ".join(map(_placed, proofs.unexplained[:5]))
    more = len(proofs.unexplained) - 5
    title = f"Callers would have to encode {columns or 'the input'} themselves."
    if more > 0:
        title = f"Callers would have to encode {columns} and {more} more columns themselves."
    words = (
        "Write one function `features(table)` in a module of this folder, which takes the raw table (a "
        "pandas DataFrame with the source's columns, without the target) and returns the model's columns, "
        f'and name it: [model] features = "module:function" ({proofs.features_at or "causeway.toml"}). '
        "Then run again."
    )
    return (
        Finding(
            code="ENCODED-INPUT",
            severity=Severity.BLOCKER,
            title=title,
            remedy=Remedy(words),
            evidence=tuple(
                Evidence(path=gap.where, text=f"{gap.column}: {gap.why}") for gap in proofs.unexplained
            ),
            damage=0.9,
            blocks_ship=True,
        ),
    )


def _placed(gap: Unexplained) -> str:
    return f"{gap.column} (made at {gap.where})" if gap.where else gap.column


def _parity(parity: Parity) -> tuple[Finding, ...]:
    if parity.proven:
        return ()
    return (
        Finding(
            code="NO-PARITY",
            severity=Severity.BLOCKER,
            title="The release does not answer as the proof of concept did.",
            remedy=Remedy("Name a features step, then run again; or serve the model another way."),
            evidence=(
                Evidence(
                    text=f"{parity.rows_equal} of {parity.rows} rows equal within {parity.tolerance:g}, "
                    f"largest difference {parity.largest_difference:.2g}, {parity.label_flips} labels differ"
                ),
            ),
            damage=1.0,
            blocks_ship=True,
        ),
    )


def _not_compiled(why: str) -> tuple[Finding, ...]:
    if not why:
        return ()
    words = (
        "Nothing, if its pace will do: the run measured it, and the plan of ship says it again. Faster is an "
        "estimator or a preprocessing that converts to ONNX."
    )
    return (
        Finding(
            code="NOT-COMPILED",
            severity=Severity.NOTE,
            title="The model is not compiled: a process with the model itself answers, one request at a "
            "time, and needs the proof of concept's environment beside the gateway.",
            remedy=Remedy(words),
            evidence=(Evidence(text=why),),
            damage=0.2,
        ),
    )


def _leaks(leaks: tuple[Leak, ...]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code="TARGET-LEAK",
            severity=Severity.BLOCKER,
            title=f"The model's column {leak.column} is made from the answer.",
            remedy=Remedy(f"Leave {leak.column} out of the model, then run again."),
            evidence=(Evidence(path=leak.where, text=leak.why),),
            damage=1.0,
            blocks_ship=True,
        )
        for leak in leaks
    )


def _contract(proofs: Proofs) -> tuple[Finding, ...]:
    found = tuple(
        Finding(
            code="CONTRACT-VIOLATED",
            severity=Severity.FIX,
            title=_title(violation),
            remedy=Remedy(f"Mend the data, or the rule in {proofs.contract or 'the contract'}."),
            evidence=(Evidence(path=proofs.contract, text=_seen(violation)),),
            damage=0.4,
        )
        for violation in proofs.violations
    )
    if not proofs.contract_inferred:
        return found
    return (
        *found,
        Finding(
            code="CONTRACT-INFERRED",
            severity=Severity.NOTE,
            title="Nobody has agreed to a data contract; one was inferred from the data itself.",
            remedy=Remedy("Read it, correct it, and name it in causeway.toml: [[data]] contract = ..."),
            damage=0.3,
        ),
    )


def _title(violation: Violation) -> str:
    about = f" on {violation.column}" if violation.column else ""
    return f"{violation.rows:,} rows break the contract's rule {violation.rule}{about}."


def _seen(violation: Violation) -> str:
    expected = f"expected {violation.expected}" if violation.expected else ""
    seen = f"seen {', '.join(violation.examples)}" if violation.examples else ""
    return "; ".join(filter(None, (expected, seen)))


def _data(proofs: Proofs) -> tuple[Finding, ...]:
    named, read = proofs.data_named.removeprefix("./"), proofs.data_read.replace("\\", "/").removeprefix("./")
    if not named or not read or named == read:
        return ()
    return (
        Finding(
            code="OTHER-DATA",
            severity=Severity.FIX,
            title=f"The training read {read}, the manifest names {named}.",
            remedy=Remedy(
                f"Write what is meant into causeway.toml: [[data]] path = {read!r}.".replace("'", '"')
            ),
            damage=0.5,
        ),
    )


def _copied(evaluation: Evaluation) -> tuple[Finding, ...]:
    if not evaluation.copies:
        return ()
    return (
        Finding(
            code="ROWS-COPIED",
            severity=Severity.NOTE,
            title=f"{evaluation.copies:,} of {evaluation.rows:,} rows are copies of another.",
            remedy=Remedy(
                "See why they are there twice; the measure keeps copies together, unless it splits by time."
            ),
            damage=0.4,
        ),
    )


def _left_out(proofs: Proofs) -> tuple[Finding, ...]:
    gone = proofs.rows_in_source - proofs.rows_kept
    if gone <= 0:
        return ()
    return (
        Finding(
            code="ROWS-LEFT-OUT",
            severity=Severity.NOTE,
            title=(
                f"{gone:,} of {proofs.rows_in_source:,} rows never reached the model; "
                "nothing is proven for rows like them."
            ),
            remedy=Remedy(
                "Decide whether callers will send such rows; the release refuses what it cannot read."
            ),
            evidence=tuple(
                Evidence(path=drop.where, text=f"{drop.rows:,} rows: {drop.source}") for drop in proofs.drops
            ),
            damage=0.4,
        ),
    )
