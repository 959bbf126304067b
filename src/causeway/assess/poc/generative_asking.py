"""How models are asked: limits, waiting, names of models, answers that are taken apart."""

from collections.abc import Iterator, Sequence

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc, Sighting

PAST = "2026-11-20"
"""The day on which the list of ended models was last read: what lay before it then is over."""


def judge(poc: Poc) -> Iterator[Finding]:
    """Unbounded answers, loops and histories; waiting; models that move or end; unchecked answers."""
    yield from _unfilled(poc)
    yield from _spending(poc)
    yield from _looping(poc)
    yield from _history(poc)
    yield from _waiting(poc)
    yield from _failing(poc)
    yield from _models(poc)
    yield from _answers(poc)


def _unfilled(poc: Poc) -> Iterator[Finding]:
    raw = poc.seen("unfilled_prompt")
    if raw:
        yield Finding(
            "GENAI-UNFILLED",
            Severity.FIX,
            "A prompt is sent with its placeholder: the braces stand in plain text, so what should be asked "
            "never reaches the model.",
            Remedy("Put an f before the text, or call .format(...) on it."),
            tuple(s.at for s in raw[:3]),
            certainty=0.85,
            damage=0.85,
        )
    dropped = poc.seen("unused_context")
    if dropped:
        yield Finding(
            "GENAI-DROPPED",
            Severity.FIX,
            f"{dropped[0].value} looks passages up and never uses them: the model answers without them.",
            Remedy("Put the passages into the prompt, marked as quotation."),
            tuple(s.at for s in dropped[:3]),
            certainty=0.8,
            damage=0.75,
        )


def _spending(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("unbounded_tokens")
    if found:
        uncounted = "" if poc.seen("genai_usage") else ", and nothing counts tokens"
        yield Finding(
            "GENAI-UNBOUNDED",
            Severity.FIX,
            f"An answer may be of any length ({found[0].value}){uncounted}.",
            Remedy("Set a limit per answer and a budget per day."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.5,
        )


def _looping(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("endless")
    if found:
        yield Finding(
            "GENAI-LOOP",
            Severity.FIX,
            f"Only the model decides when to stop ({found[0].value}): one confused answer loops, and "
            "each round is paid.",
            Remedy("Count the rounds, stop at ten or so, and say that it was not finished."),
            tuple(s.at for s in found[:3]),
            certainty=0.85,
            damage=0.65,
        )
        return
    for sighting in poc.seen("endless_default"):
        yield Finding(
            "GENAI-LOOP",
            Severity.NOTE,
            f"The agent may take {sighting.detail} steps: that is what LangChain sets when nobody does.",
            Remedy("Pass a recursion_limit of 25 or so when it is invoked, or ModelCallLimitMiddleware."),
            (sighting.at,),
            certainty=0.7,
            damage=0.45,
        )


def _history(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("growing_history")
    if found:
        yield Finding(
            "GENAI-HISTORY",
            Severity.FIX,
            f"The whole conversation is sent with every question ({found[0].value} only grows): cost "
            "rises with each "
            "turn, until the model's window is full and it fails.",
            Remedy("Send the last few turns, or a summary of the earlier ones."),
            tuple(s.at for s in found[:3]),
            certainty=0.8,
            damage=0.45,
        )


def _waiting(poc: Poc) -> Iterator[Finding]:
    never, long, once = poc.seen("no_timeout"), poc.seen("long_timeout"), poc.seen("no_retry")
    if never:
        again = " and is not repeated" if once else ""
        yield Finding(
            "GENAI-TIMEOUT",
            Severity.FIX,
            f"{never[0].value} waits for ever: it has no timeout{again}.",
            Remedy("Give it a timeout" + (", and retry twice with growing pauses." if once else ".")),
            tuple(s.at for s in never[:2]),
            certainty=0.9,
            damage=0.45,
        )
    elif long:
        yield Finding(
            "GENAI-TIMEOUT",
            Severity.NOTE,
            f"{long[0].value} waits ten minutes by default, and tries {long[0].detail} times: a stuck "
            "request holds its "
            "user for half an hour.",
            Remedy("Set timeout= to what a user would wait, such as 60 seconds."),
            tuple(s.at for s in long[:2]),
            certainty=0.8,
            damage=0.3,
        )
    if once:
        yield Finding(
            "GENAI-RETRY",
            Severity.NOTE,
            f"{once[0].value} is tried once: a busy moment at the other end is an error here.",
            Remedy("Retry twice with growing pauses, on connection errors, 429 and 5xx only."),
            tuple(s.at for s in once[:2]),
            certainty=0.8,
            damage=0.25,
        )


def _failing(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("uncaught")
    if found:
        shown = _shown(poc)
        yield Finding(
            "GENAI-FALLBACK",
            Severity.NOTE,
            f"Nothing catches a failing model: when the provider is down or refuses, {shown}.",
            Remedy(
                "Catch the provider's errors where it is asked, and answer with a message or a second model."
            ),
            tuple(s.at for s in found[:2]),
            certainty=0.75,
            damage=0.3,
        )


def _shown(poc: Poc) -> str:
    """What comes out where nothing catches a failure."""
    if not poc.serve:
        return "the program ends with a stack trace"
    page = poc.served_by.value in {"Streamlit", "Gradio", "Chainlit"}
    return "its user sees a stack trace" if page else "its user gets a bare error 500"


def _ended(told: Sequence[Sighting]) -> str:
    """The sentence about models whose end was announced; what is past is said to be."""
    named = ", ".join(f"{s.value} ({s.detail})" for s in told[:4])
    if all(s.detail and s.detail[:10] <= PAST for s in told):
        return f"The maker has ended {named}: requests fail or reach another model."
    return f"The maker has announced the end of {named}: from that day, requests fail or reach another model."


def _models(poc: Poc) -> Iterator[Finding]:
    ended = poc.seen("retired_model") + poc.seen("retired_service")
    if ended:
        yield Finding(
            "GENAI-RETIRED",
            Severity.FIX,
            _ended(ended),
            Remedy("Move to a current model, and compare the two on the evaluation set first."),
            tuple(s.at for s in ended[:4]),
            certainty=0.9,
            damage=0.6,
        )
    over = {s.value for s in ended if s.detail and s.detail[:10] <= PAST}
    moving = [s for s in poc.seen("moving_model") if s.value not in over]
    if moving:
        named = list(dict.fromkeys(s.value for s in moving))
        hub = all(s.detail == "Hugging Face" for s in moving)
        yield Finding(
            "GENAI-UNPINNED",
            Severity.NOTE,
            f"{', '.join(named[:3])} may be another model tomorrow: the name is not tied to a version.",
            Remedy(
                "Pass revision= with a commit."
                if hub
                else "Name the dated version (or the tag), and change it on purpose."
            ),
            tuple(s.at for s in moving[:4]),
            certainty=0.8,
            damage=0.3,
        )


def _answers(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("unchecked_answer")
    if found:
        yield Finding(
            "GENAI-PARSE",
            Severity.FIX,
            f"An answer is taken apart with {found[0].value} and used unchecked: a word before the "
            "JSON, or a key that is "
            "missing, is a crash.",
            Remedy("Ask for a schema (structured output), and validate the answer before it is used."),
            tuple(s.at for s in found[:3]),
            certainty=0.8,
            damage=0.4,
        )
    free = poc.seen("free_temperature")
    if free:
        yield Finding(
            "GENAI-TEMPERATURE",
            Severity.NOTE,
            "An answer that is parsed is drawn at the default temperature: the same question gives "
            "another form.",
            Remedy("Set temperature=0 where the answer is parsed."),
            tuple(s.at for s in free[:2]),
            certainty=0.75,
            damage=0.25,
        )
