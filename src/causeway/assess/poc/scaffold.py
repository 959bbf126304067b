"""What nine in ten proofs of concept lack: said in one line, because it is special to none."""

from collections.abc import Iterator

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc

UNREAD = {"R", "JavaScript", "TypeScript"}
"""Languages whose ways of logging are not looked for."""


def judge(poc: Poc) -> Iterator[Finding]:
    """Tests, CI, licence, logging, container: one short note each."""
    if not poc.sources:
        return
    present = poc.presence
    for code, there, title, words, damage in (
        ("NO-TESTS", present.tests, "tests", "Test what the model's callers rely on.", 0.4),
        ("NO-CI", present.ci, "CI", "Run the tests at every push.", 0.3),
        ("NO-LICENCE", present.licence, "a licence", "Say who may use the code.", 0.2),
        (
            "NO-LOGGING",
            present.logging or bool(UNREAD & set(poc.languages[:1])),
            "logging",
            "Log what goes wrong, with enough to find it again.",
            0.25,
        ),
        ("NO-CONTAINER", present.container, "a container", "Describe how it is deployed.", 0.2),
    ):
        if not there:
            yield Finding(
                code,
                Severity.NOTE,
                f"There is no sign of {title}.",
                Remedy(words),
                certainty=0.9,
                damage=damage,
                common=True,
            )
