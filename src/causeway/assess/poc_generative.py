"""What a generative application lacks before strangers may talk to it."""

from collections.abc import Iterator

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc


def judge(poc: Poc) -> Iterator[Finding]:
    """Shared stores, injection, unbounded spending, missing timeouts, authentication and evaluation."""
    if not poc.kind.value.startswith("GenAI"):
        return
    yield from _shared(poc)
    yield from _injection(poc)
    yield from _spending(poc)
    yield from _authentication(poc)
    yield from _evaluation(poc)


def _shared(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("shared_store")
    if found:
        yield Finding(
            "GENAI-SHARED-STORE",
            Severity.BLOCKER,
            f"One {found[0].value} for all users: what one uploads answers another's question, and a restart "
            "or a second worker loses it.",
            Remedy(
                "Keep a collection for each user or tenant, outside the process, and filter every search "
                "by it."
            ),
            tuple(s.at for s in found[:2]),
            certainty=0.9,
            damage=0.95,
        )


def _injection(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("mixed_prompt")
    if found:
        yield Finding(
            "GENAI-INJECTION",
            Severity.FIX,
            f"Instructions, documents and the user's words share one message ({found[0].detail}): a document "
            "can give orders.",
            Remedy("Put instructions into the system message, and mark retrieved text as quotation."),
            tuple(s.at for s in found[:2]),
            certainty=0.85,
            damage=0.6,
        )


def _spending(poc: Poc) -> Iterator[Finding]:
    limits = poc.seen("unbounded_tokens")
    if limits:
        yield Finding(
            "GENAI-UNBOUNDED",
            Severity.FIX,
            f"An answer may cost any amount ({limits[0].value}), and nothing counts tokens.",
            Remedy("Set a limit per answer and a budget per day."),
            tuple(s.at for s in limits[:2]),
            certainty=0.9,
            damage=0.5,
        )
    waits = poc.seen("no_timeout")
    if waits:
        yield Finding(
            "GENAI-TIMEOUT",
            Severity.FIX,
            f"{waits[0].value} waits for ever: no timeout and no retry.",
            Remedy("Give it a timeout, and retry twice with growing pauses."),
            tuple(s.at for s in waits[:2]),
            certainty=0.9,
            damage=0.45,
        )


def _authentication(poc: Poc) -> Iterator[Finding]:
    routes = [s for s in poc.seen("route") if s.at.path == poc.serve.value and s.detail == "POST"]
    if routes and not poc.seen("auth"):
        yield Finding(
            "NO-AUTH",
            Severity.FIX,
            f"Anybody may call {', '.join(s.value for s in routes[:3])}.",
            Remedy("Ask for a key or a session before doing work."),
            tuple(s.at for s in routes[:3]),
            certainty=0.8,
            damage=0.65,
        )


def _evaluation(poc: Poc) -> Iterator[Finding]:
    if not poc.seen("genai_evaluation"):
        yield Finding(
            "GENAI-NO-EVAL",
            Severity.FIX,
            "No evaluation set: nothing tells whether an answer is right or grounded.",
            Remedy("Write down thirty questions with their right answers, and ask them at every change."),
            poc.serve.evidence[:1],
            certainty=0.85,
            damage=0.7,
        )
