"""Verdicts on a release and the run that made it: data, skill, parity, signature."""

from causeway.assess.evidence import Facts
from causeway.assess.shipping import measuring_answers
from causeway.assess.verdict import Verdict, refuted, unknown, verified
from causeway.core.ids import short
from causeway.core.manifest import Manifest
from causeway.core.metrics import spoken
from causeway.core.release import Evaluation, Release

SAFE_FORMATS = (".onnx", ".safetensors", ".skops")
NO_SKILL = "NO-SKILL"
SPLIT_CODES = frozenset({"NO-HOLDOUT", "SPLIT-TIME"})
PINNED = ("code", "data", "environment")

_RUN = "causeway run"
_NO_SKILL_REMEDY = "Stop here, or find columns that know more about the target."


def contract_enforced(promise: Manifest | None, facts: Facts) -> Verdict:
    """DAT-2: the run that made the release checked this very contract."""
    if facts.release is None:
        return _no_release()
    if promise and not any(part.contract for part in promise.data):
        return unknown(
            "no contract is agreed; a run infers one each time", "Name it: [[data]] contract = ..."
        )
    used = facts.release.inputs.get("contract", "")
    if not used:
        return refuted("the run checked no contract", "Name one: [[data]] contract = ...", command=_RUN)
    if not facts.sources:
        return unknown("the contract in force is not known", "Run it again.", command=_RUN)
    if used not in {checked.contract for checked in facts.sources}:
        return refuted("the contract has changed since the last run", "Run it again.", command=_RUN)
    return verified(f"the run held the data to contract {short(used)}")


def lineage(_promise: Manifest | None, facts: Facts) -> Verdict:
    """DAT-4: from the source over the model's columns to the prediction, without a gap."""
    if facts.lineage_connected is None:
        return (
            _no_release()
            if facts.release is None
            else unknown("nobody has followed the lineage", "Make a release with lineage.", command=_RUN)
        )
    if not facts.lineage_connected:
        return refuted("a prediction cannot be followed back to its source", "Run it again.", command=_RUN)
    return verified("every answer can be followed back to columns of the source")


def data_kept(_promise: Manifest | None, facts: Facts) -> Verdict:
    """DAT-5: the training data is named by its digest and still there."""
    if facts.release is None:
        return _no_release()
    digest = facts.release.inputs.get("data", "")
    if not digest:
        return refuted("the release does not name its data", "Run it again.", command=_RUN)
    if facts.data_resolves is None:
        return unknown(f"data {short(digest)} has not been looked up again", "Run it again.", command=_RUN)
    if not facts.data_resolves:
        return refuted(f"data {short(digest)} is gone or has changed", "Keep a copy of the training data.")
    return verified(f"data {short(digest)} is there, byte for byte")


def split(_promise: Manifest | None, facts: Facts) -> Verdict:
    """DAT-6: nothing that is known only afterwards, and rows apart from those it was fitted on."""
    leaks = tuple(
        code for code in _open_codes(facts) if "LEAK" in code.upper() or code.upper() in SPLIT_CODES
    )
    if leaks:
        return refuted(
            f"open findings: {', '.join(leaks)}", "Mend the split or the column that leaks.", codes=leaks
        )
    evaluation = _measured(facts.release)
    if evaluation:
        return verified(f"measured on {evaluation.rows:,} rows apart from training: {evaluation.method}")
    if facts.findings is None:
        return unknown("nobody has looked for leaks", "Look.", command="causeway check")
    return unknown("no leak is seen in the code; only measuring tells", "Measure it.", command=_RUN)


def reproducible(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MOD-1: code, environment and data are pinned, and a second run gives the same."""
    if facts.release is None:
        return _no_release()
    loose = [name for name in PINNED if not facts.release.inputs.get(name)]
    if loose:
        return refuted(f"not pinned: {', '.join(loose)}", "Run it again.", command=_RUN)
    if facts.reproduced is None:
        return unknown(
            "code, environment and data are pinned; no second run was compared",
            "Run it once more and compare the releases.",
            command="causeway prove",
        )
    if not facts.reproduced:
        return refuted("a second run made another release", "Fix the seeds of the training.")
    return verified("a second run made the same release")


def skill(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MOD-3: better than the trivial answer, beyond chance."""
    if facts.release is None:
        claimed = tuple(code for code in _open_codes(facts) if code.upper() == NO_SKILL)
        if claimed:
            return refuted("its own figures show no skill", _NO_SKILL_REMEDY, codes=claimed)
        return _no_release()
    evaluation = facts.release.evaluation
    trivial = f"{evaluation.baseline:.3g} of {evaluation.baseline_name}"
    seen = f"{spoken(evaluation.metric)} {evaluation.value:.3g} against {trivial}"
    if evaluation.has_skill:
        return verified(f"{seen}; gain {evaluation.gain_low:.3g} to {evaluation.gain_high:.3g}, 95 %")
    return refuted(
        f"{seen}: no better, beyond chance",
        _NO_SKILL_REMEDY,
        codes=(NO_SKILL,),
    )


def signed(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MOD-9: signed, and in a format that runs no code when it is loaded."""
    if facts.release is None:
        return _no_release()
    file = facts.release.model.file
    # what the run itself trained and saved is opened where it can do no harm
    apart = facts.release.model.whole
    if not apart and not file.endswith(SAFE_FORMATS):
        return refuted(f"{file} may run code when it is loaded", "Convert it to ONNX.", command=_RUN)
    if facts.signature_holds is None:
        return unknown("nobody has checked the signature", "Run it again.", command=_RUN)
    if not facts.signature_holds:
        return refuted("the signature does not hold", "Throw the bundle away and run again.", command=_RUN)
    if apart:
        return verified(
            f"signature holds; {file} is what the run trained, opened only in a process without network"
        )
    return verified(f"signature holds; {file} runs no code when it is loaded")


def one_command(promise: Manifest | None, facts: Facts) -> Verdict:
    """PIP-1: one command from data to release, and no notebook on the way."""
    if facts.release is None:
        return _no_release()
    if not facts.release.inputs.get("environment"):
        return refuted("its environment was not built by the run", "Run it again.", command=_RUN)
    if promise and promise.model.train.partition(":")[0].endswith(".ipynb"):
        return refuted(
            f"one command does it, but by way of the notebook {promise.model.train}",
            "Move the training into a script, and name it: [model] train",
        )
    return verified("made by one command in an environment built for it")


def parity(_promise: Manifest | None, facts: Facts) -> Verdict:
    """DEP-2: the release answers as the proof of concept did."""
    if facts.release is None:
        return _no_release()
    proof = facts.release.parity
    seen = f"{proof.rows_equal:,} of {proof.rows:,} rows equal within {proof.tolerance:g}"
    if proof.proven:
        return verified(f"{seen}, largest difference {proof.largest_difference:.2g}")
    return refuted(
        f"{seen}, {proof.label_flips} labels differ",
        "Name a features step, then run again: [model] features",
        codes=("NO-PARITY",),
    )


def _open_codes(facts: Facts) -> tuple[str, ...]:
    """Codes of the findings, less those that measuring apart has answered."""
    measured = _measured(facts.release) is not None
    still = (finding for finding in facts.findings or () if not (measured and measuring_answers(finding)))
    return tuple(dict.fromkeys(finding.code for finding in still))


def _measured(release: Release | None) -> Evaluation | None:
    """The release's evaluation, if there were rows apart from training."""
    if release is None or not release.evaluation.method or not release.evaluation.rows:
        return None
    return release.evaluation


def _no_release() -> Verdict:
    return unknown("there is no release yet", "Make one.", command=_RUN)
