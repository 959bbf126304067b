"""What watching a training shows of leakage: rows that saw the test, and columns that know the answer."""

from collections.abc import Sequence

from causeway.assess.target_leak import Telltale
from causeway.core.finding import Evidence, Finding, Remedy, Severity

RESAMPLED = "resampled-before-split"
TRANSFORMED = "transformed-before-split"
METRICS = {"roc_auc": "AUC", "r2": "R2"}


def before_split(kinds: Sequence[str]) -> tuple[Finding, ...]:
    """That the proof of concept's own figures are too good; rows made up before the split block a release."""
    if RESAMPLED in kinds:
        title = "Rows were resampled before the split, so the proof of concept's own figures are too good."
    elif TRANSFORMED in kinds:
        title = "Preprocessing was fitted on all rows before the split, so test rows shaped the training."
    else:
        return ()
    grave = RESAMPLED in kinds
    return (
        Finding(
            code="LEAK-SPLIT",
            severity=Severity.BLOCKER if grave else Severity.FIX,
            title=title,
            remedy=Remedy(
                "Split first, then fit on the training rows only. Trust the figures of this run, not those "
                "of the proof of concept"
                + ("; if they suffice, ship with --waive LEAK-SPLIT." if grave else ".")
            ),
            evidence=(Evidence(text="seen while the training ran"),),
            damage=0.9 if grave else 0.5,
            blocks_ship=grave,
        ),
    )


def telling(found: Sequence[Telltale]) -> tuple[Finding, ...]:
    """Columns that alone tell the target; whether one may know it is for a person to say."""
    return tuple(
        Finding(
            code="TARGET-LEAK",
            severity=Severity.BLOCKER,
            title=f"The column {each.column} alone tells the answer; it may be known only afterwards.",
            remedy=Remedy(
                f"If {each.column} is not known when a prediction is asked for, leave it out of the model "
                "and run again; if it is, ship with --waive TARGET-LEAK and say so."
            ),
            evidence=(
                Evidence(
                    text=f"{METRICS[each.metric]} {each.score:.3f} by itself, on {each.rows:,} rows held out"
                ),
            ),
            certainty=0.8,
            damage=1.0,
            blocks_ship=True,
        )
        for each in found
    )
