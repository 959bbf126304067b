"""What did not go as written when the training ran: statements that raised, requirements not met."""

from collections.abc import Sequence

from causeway.core.environment import Problem
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.trace import TraceError

SHOWN = 3


def judge(problems: Sequence[Problem], failed: Sequence[TraceError]) -> tuple[Finding, ...]:
    """What keeps the run from proving that the proof of concept can be built and run as it is."""
    return (*_failed(failed), *_differs(problems))


def _failed(failed: Sequence[TraceError]) -> tuple[Finding, ...]:
    if not failed:
        return ()
    more = len(failed) - 1
    others = f" and {more} more {'statement' if more == 1 else 'statements'}" if more else ""
    return (
        Finding(
            code="STATEMENTS-FAILED",
            severity=Severity.FIX,
            title=f"The training failed at {failed[0].where}{others}; it went on with the next.",
            remedy=Remedy("Mend or remove the statement, then run again."),
            evidence=tuple(Evidence(path=each.where, text=each.error) for each in failed[:SHOWN]),
            damage=0.6,
        ),
    )


def _differs(problems: Sequence[Problem]) -> tuple[Finding, ...]:
    if not problems:
        return ()
    named = ", ".join(each.requirement for each in problems[:SHOWN])
    more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return (
        Finding(
            code="ENVIRONMENT-DIFFERS",
            severity=Severity.FIX,
            title=f"The environment is not what was declared: {named}{more}.",
            remedy=Remedy("Write what was really installed into the requirements; it is in environment.txt."),
            evidence=tuple(
                Evidence(text=f"{each.requirement}: {each.why}{_instead(each)}") for each in problems[:SHOWN]
            ),
            damage=0.4,
        ),
    )


def _instead(problem: Problem) -> str:
    return f"; instead {problem.proposal}" if problem.proposal else ""
