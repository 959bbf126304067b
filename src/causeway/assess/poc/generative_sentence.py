"""The sentence that names a generative application."""

from collections.abc import Iterator

from causeway.core.poc import GenAi, Guess, Poc

MOST_NAMES = 3


def sentence(poc: Poc) -> str:
    """Kind, what it does, with which model, and what is there to judge it by."""
    return f"{poc.kind.value}: {', '.join(_parts(poc))}."


def asks_too(poc: Poc) -> bool:
    """Whether an app whose model is of another kind also sends prompts to a language model."""
    asked = poc.serve and poc.genai.providers and any(s.at.path.endswith(".py") for s in poc.seen("asked"))
    return not poc.kind.value.startswith("GenAI") and bool(asked)


def beside(poc: Poc) -> str:
    """What such an app asks, for the sentence about it."""
    return f"and asks an LLM: {_asked(poc)}"


def _parts(poc: Poc) -> Iterator[str]:
    made = poc.genai
    asked = _asked(poc)
    if made.does:
        yield f"{made.does} with {asked}" if asked else made.does
    elif asked:
        yield asked
    if made.stores:
        yield _few([guess.value for guess in made.stores])
    if made.embeddings:
        yield f"embeddings {made.embeddings[0].value}"
    yield from made.frameworks[:MOST_NAMES]
    yield from _acting(made)
    if poc.served_by:
        routes = [s.value for s in poc.seen("route") if s.at.path == poc.serve.value and s.detail == "POST"]
        yield f"served by {poc.served_by.value}" + (f" ({', '.join(routes[:4])})" if routes else "")
    if made.prompts:
        yield _counted(len(made.prompts), "prompt")
    yield _evaluated(made)


def _asked(poc: Poc) -> str:
    made = poc.genai
    providers = [guess.value for guess in made.providers]
    embeds = {guess.value for guess in made.embeddings}
    models = _few([guess.value for guess in _chosen(made) if guess.value not in embeds])
    named = " and ".join(providers[:MOST_NAMES])
    if models and providers:
        return f"{models} behind {named}" if named.startswith("an ") else f"{models} ({named})"
    if providers and poc.kind.value != "GenAI fine-tuning":
        return f"a model that is named when it runs ({named})" if not models else named
    return models or named


def _chosen(made: GenAi) -> tuple[Guess, ...]:
    return made.models


def _acting(made: GenAi) -> Iterator[str]:
    if made.tools:
        acting = [tool.name for tool in made.tools if tool.acts]
        told = f", of which {_few(acting)} act{'s' * (len(acting) == 1)}" if acting else ""
        yield f"{_counted(len(made.tools), 'tool')}{told}"


def _evaluated(made: GenAi) -> str:
    examples = [item.examples for item in made.evaluations]
    if any(count is None for count in examples):
        return "an evaluation in code"
    return _counted(sum(count or 0 for count in examples), "evaluation example")


def _few(names: list[str]) -> str:
    rest = len(names) - MOST_NAMES
    shown = names[:MOST_NAMES]
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
