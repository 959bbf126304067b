"""What the folder says or expects of itself that is not so."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc


def judge(poc: Poc) -> Iterator[Finding]:
    """The README's commands and measures, columns under other names, a model that nothing keeps."""
    yield from _commands(poc)
    yield from _measures(poc)
    yield from _columns(poc)
    yield from _kept(poc)


def _commands(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("readme_command")
    if found and poc.sources:
        names = list(dict.fromkeys(s.value for s in found))
        yield Finding(
            "README-MISMATCH",
            Severity.NOTE,
            f"The README says to run {words.listed(names[:3])}; no file of "
            f"{'that name is' if len(names) == 1 else 'these names is'} in the folder.",
            Remedy("Correct the commands in the README, or add what they start."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.35,
        )


def _measures(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("readme_metric")
    python = set(poc.languages) <= {"Python", "JavaScript", "TypeScript"}
    if found and python and poc.trainings and not poc.reach.limits:
        names = list(dict.fromkeys(s.value for s in found))
        yield Finding(
            "README-MISMATCH",
            Severity.FIX,
            f"The README speaks of {words.listed(names)}; no code in the folder computes "
            f"{'it' if len(names) == 1 else 'them'}.",
            Remedy("Compute what is claimed on rows held out, or take it out of the README."),
            tuple(s.at for s in found[:3]),
            certainty=0.85,
            damage=0.5,
        )


def _columns(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("column_spelling")
    if found:
        there, path = found[0].detail.split("|", 1)
        yield Finding(
            "COLUMN-MISSING",
            Severity.FIX,
            f'The code asks for the column "{found[0].value}"; {path} has "{there}", and case, blanks and '
            "underscores of a name count.",
            Remedy(f'Write "{there}", or rename the columns right after reading.'),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.6,
        )


def _kept(poc: Poc) -> Iterator[Finding]:
    python = poc.train.value.endswith((".py", ".ipynb"))
    held = [model for model in poc.models if model.estimator or model.framework]
    if python and poc.trainings and not held and not poc.seen("keeps") and not poc.reach.limits:
        yield Finding(
            "MODEL-ABSENT",
            Severity.NOTE,
            "Nothing saves the trained model: it is gone when the run ends, and has to be trained again.",
            Remedy("`causeway run` keeps what it trains, with its lineage.", "causeway run"),
            poc.train.evidence[:1],
            certainty=0.85,
            damage=0.4,
        )
