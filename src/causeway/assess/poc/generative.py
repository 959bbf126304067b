"""What a generative application lacks before strangers may talk to it."""

from collections.abc import Iterator

from causeway.assess.poc import generative_asking as poc_generative_asking
from causeway.assess.poc import generative_danger as poc_generative_danger
from causeway.assess.poc.generative_sentence import asks_too
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import Poc

ENOUGH_EXAMPLES = 10


def judge(poc: Poc) -> Iterator[Finding]:
    """Answers that act, shared stores, limits, people's data and evaluation.

    What a model's answer may do is judged wherever there is a model; the rest where something asks it.
    """
    if poc.genai:
        yield from poc_generative_danger.judge(poc)
    if not (poc.kind.value.startswith("GenAI") or asks_too(poc)):
        return
    yield from _shared(poc)
    yield from _threads(poc)
    yield from poc_generative_asking.judge(poc)
    yield from _personal(poc)
    yield from _uncounted(poc)
    yield from _unguarded(poc)
    yield from _evaluation(poc)


def _shared(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("shared_store") or poc.seen("shared_file")
    if found:
        what, file = (
            found[0].value,
            found[0].what == "shared_file" or found[0].value.endswith((".db", ".sqlite")),
        )
        why = (
            "one overwrites what another is about to read."
            if file
            else "what one brings answers another's question, and a restart or a second worker loses it."
        )
        own = (
            "Name it after the user's session, or keep it in memory."
            if file
            else "Keep a collection for each user, outside the process, and filter every search by it."
        )
        yield Finding(
            "GENAI-SHARED-STORE",
            Severity.FIX if found[0].what == "shared_file" else Severity.BLOCKER,
            f"One {what} for all users: {why}",
            Remedy(own),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.6 if found[0].what == "shared_file" else 0.95,
        )


def _threads(poc: Poc) -> Iterator[Finding]:
    for sighting in poc.seen("shared_thread"):
        yield Finding(
            "GENAI-SHARED-STORE",
            Severity.FIX,
            f'All users share one conversation (thread_id "{sighting.value}"): what each of them says is '
            "kept beside what the others said, and it only grows.",
            Remedy("Make a thread_id for each session, and hand it to every call."),
            (sighting.at,),
            certainty=0.85,
            damage=0.7,
        )


def _personal(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("personal_prompt") + poc.seen("personal_corpus")
    if found:
        what = "a prompt" if found[0].what == "personal_prompt" else "the documents that are searched"
        yield Finding(
            "GENAI-PERSONAL",
            Severity.FIX,
            f"There are {found[0].value} in {what}: they go to the provider, and into answers.",
            Remedy(
                "Take them out or mask them, and say in the records on what ground the rest is processed."
            ),
            tuple(s.at for s in found[:4]),
            certainty=0.75,
            damage=0.6,
        )


def _uncounted(poc: Poc) -> Iterator[Finding]:
    if not poc.seen("genai_usage") and poc.kind.value != "GenAI fine-tuning":
        yield Finding(
            "GENAI-NO-USAGE",
            Severity.NOTE,
            "No tokens or costs are recorded: nobody can say what an answer costs, or who spends.",
            Remedy(
                "Write down model, tokens in and out, and user with every answer; the response's "
                "usage has them."
            ),
            tuple(guess.at for guess in poc.genai.models[:1] if guess.at),
            certainty=0.8,
            damage=0.35,
        )


def _unguarded(poc: Poc) -> Iterator[Finding]:
    if (
        poc.serve
        and not poc.seen("genai_guard")
        and not poc.seen("auth")
        and poc.kind.value != "GenAI fine-tuning"
    ):
        yield Finding(
            "GENAI-NO-GUARD",
            Severity.NOTE,
            "Whatever is typed goes to the model, and whatever comes back is shown: nothing looks at either.",
            Remedy(
                "Limit the length of what is sent in, and pass both ways through the provider's moderation."
            ),
            _asked(poc) if asks_too(poc) else poc.serve.evidence[:1],
            certainty=0.75,
            damage=0.3,
        )


def _evaluation(poc: Poc) -> Iterator[Finding]:
    sets = poc.genai.evaluations
    counted = sum(item.examples or 0 for item in sets)
    if any(item.examples is None for item in sets) or counted >= ENOUGH_EXAMPLES:
        return
    few = f"Only {counted} evaluation examples" if counted else "No evaluation set"
    aside = asks_too(poc)
    yield Finding(
        "GENAI-NO-EVAL",
        Severity.NOTE if aside else Severity.FIX,
        f"{few}{' of what the LLM is asked' if aside else ''}: nothing tells whether an answer is right or "
        "grounded, or whether a change made it worse.",
        Remedy("Write down thirty questions with their right answers, and ask them at every change."),
        (() if aside else poc.serve.evidence[:1]) or _asked(poc),
        certainty=0.85,
        damage=0.35 if aside else 0.7,
    )


def _asked(poc: Poc) -> tuple[Evidence, ...]:
    return tuple(guess.at for guess in poc.genai.models[:1] if guess.at)
