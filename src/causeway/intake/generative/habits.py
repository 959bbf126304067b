"""How models are asked: limits, waiting, repeating, model names, and what is counted."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.generative.catalog import LIMITS, LOCAL, REPEATS, WAITS
from causeway.intake.generative.labels import Asked, Flow, Known
from causeway.intake.generative.retired import end_of, moves
from causeway.intake.generative.sites import Site, Sites
from causeway.intake.generative.values import Node, Place
from causeway.intake.python.names import constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

LONG_SECONDS = 600
_RETRIES = re.compile(
    r"tenacity|backoff|\bRetry\(|@retry|max_retries|num_retries|stamina|with_retry|for attempt in|retrying"
)
_USAGE = re.compile(
    r"\.usage\b|usage_metadata|get_openai_callback|token_usage|total_tokens|langfuse|langsmith"
    r"|LANGCHAIN_TRACING|LANGSMITH|helicone"
    r"|opentelemetry|traceloop|autolog|completion_cost|agentops|logfire|\bwandb\b|weave\.init"
    r"|prompt_tokens|input_tokens|\barize\b|\bphoenix\b"
    r"|getattr\(\w+, ['\"]usage['\"]|openlit|usage\(\)"
)
_GUARDED = re.compile(
    r"moderations?\.create|guardrails|nemoguardrails|llm_guard|presidio|safety_settings|Rebuff"
    r"|lakera|content_safety|ContentSafety"
    r"|\w*(?:prompt_?injection|injection_?(?:guard|check|detect|filter)|jailbreak|profanity|toxicity)\w*\("
    r"|\w*(?:sanitiz|sanitis|validat|moderat|screen|clean|check)\w*_(?:user_?)?(?:input|prompt|query|question|message)s?\("
    r"|\w*(?:input|prompt|query|question|content|topic|safety)_(?:guard|filter|check|validat)\w*\("
    r"|is_(?:safe|unsafe|toxic|harmful|appropriate|off_?topic|on_?topic)\w*\("
    r"|LlamaGuard|llama-guard|detect_injection|prompt_guard|OpenAIModerationChain|input_guardrail|moderat",
    re.IGNORECASE,
)
_NODES = re.compile(r"add_node\([^()]{0,80}?(\w{1,80})\s*\)")
_FALLBACKS = re.compile(r"with_fallbacks|fallbacks\s*=|FallbackModel|ModelFallbackMiddleware")
_EVALUATED = re.compile(
    r"^(ragas|deepeval|trulens\w*|promptfoo|giskard|langsmith\.evaluation|inspect_ai"
    r"|phoenix\.evals|autoevals|pydantic_evals)"
)
_VALIDATED = re.compile(
    r"response_format|with_structured_output|PydanticOutputParser|JsonOutputParser|model_validate"
    r"|parse_obj|jsonschema|response_schema"
    r"|response_model|output_type|result_type|TypeAdapter|output_schema"
    r"|format=\w+\.model_json_schema|BaseModel"
)


def limits(sites: Sites, *, bound: bool) -> Iterator[Sighting]:
    """Answers without a limit of length; `bound` says that a limit is set on the way to the model."""
    for site in sites.found:
        if site.maker.capped or site.open or bound or not (site.models or site.asks or _is_chat(site)):
            continue
        given = site.option(LIMITS)
        if given is None and _is_answer(site, sites):
            yield Sighting("unbounded_tokens", "no max_tokens", site.at)
        elif given is not None and constant(given) == -1:
            yield Sighting(
                "unbounded_tokens",
                "max_tokens=-1",
                Evidence(site.at.path, line=getattr(given, "lineno", None), cell=site.at.cell),
            )


def _is_chat(site: Site) -> bool:
    return isinstance(site.node, ast.Dict) or (
        isinstance(site.node, ast.Call) and dotted(site.node.func, {}).startswith("Chat")
    )


def _is_answer(site: Site, sites: Sites) -> bool:
    """Whether the site decides an answer's length: a request, a payload, or a client of a framework."""
    if isinstance(site.node, ast.Dict):
        return bool({"messages", "prompt"} & site.given) or not sites_ask(sites)
    if site.asks:
        return True
    name = dotted(site.node.func, site.place.scope.known) if isinstance(site.node, ast.Call) else ""
    return not name.startswith(
        ("openai.", "groq.", "anthropic.", "ollama.", "mistralai.", "huggingface_hub.", "agents.")
    ) or name.startswith("ollama.llms")


def sites_ask(sites: Sites) -> bool:
    """Whether some site sends a prompt itself."""
    return any(site.asks for site in sites.found)


def waits(sites: Sites, flow: Flow, files: list[list[Node]]) -> Iterator[Sighting]:
    """Requests that wait for ever or long, and those that are sent once only."""
    text = _text(files)
    repeated = bool(_RETRIES.search(text))
    for asked in flow.asked.values():
        if _posts(asked):
            yield from _raw(asked, repeated=repeated)
    clients = [site for site in sites.found if not isinstance(site.node, ast.Dict) and not site.client]
    waited = any(site.given & WAITS for site in clients) or ("timeout" in text and "with_options(" in text)
    for site in clients:
        if site.maker.wait is None and site.maker.again == 0 and not repeated and not site.given & REPEATS:
            yield Sighting("no_retry", _called(site), site.at)
        if waited or site.maker.wait == -1:
            continue
        if site.maker.wait is None:
            yield Sighting("no_timeout", _called(site), site.at, site.maker.provider)
        elif site.maker.wait >= LONG_SECONDS:
            yield Sighting("long_timeout", _called(site), site.at, str(site.maker.again + 1))


def _called(site: Site) -> str:
    return dotted(site.node.func, {}) if isinstance(site.node, ast.Call) else "the request"


def _posts(asked: Asked) -> bool:
    name = dotted(asked.node.func, asked.place.scope.known)
    return "payload" in asked.labels and (
        name.startswith(("requests.", "httpx.", "aiohttp.", "urllib."))
        or name.endswith((".post", ".stream", ".request"))
    )


def _raw(asked: Asked, *, repeated: bool) -> Iterator[Sighting]:
    name = dotted(asked.node.func, asked.place.scope.known)
    given = keyword(asked.node, "timeout")
    forever = given is not None and isinstance(given, ast.Constant) and given.value is None
    if (
        forever
        or (given is None and name.startswith(("requests.", "urllib.")))
        or (given is None and "requests.Session" in asked.place.block.text)
    ):
        yield Sighting("no_timeout", name, asked.at)
    if not repeated:
        yield Sighting("no_retry", name, asked.at)


def names(models: Iterable[tuple[str, str, Evidence]]) -> Iterator[Sighting]:
    """Models whose end is announced, and names that move."""
    for model, provider, at in models:
        day = end_of(model, provider)
        if day:
            yield Sighting("retired_model", model, at, day)
        if moves(model, provider):
            yield Sighting("moving_model", model, at, provider)


def hubs(sites: Sites, files: list[list[Node]]) -> Iterator[Sighting]:
    """Models fetched from a hub without a revision, or with code of strangers."""
    for site in sites.found:
        if site.hub and "revision" not in site.given and not site.hub.startswith((".", "/", "~")):
            yield Sighting("moving_model", site.hub, site.at, "Hugging Face")
    for found in files:
        for node, place in found:
            if not isinstance(node, ast.Call):
                continue
            for option in (
                "trust_remote_code",
                "allow_dangerous_deserialization",
                "allow_dangerous_code",
                "allow_dangerous_requests",
            ):
                if constant(keyword(node, option)) is True:
                    yield Sighting("dangerous_option", option, place.code.at(node, place.block))
            name = dotted(node.func, place.scope.known) or ast.unparse(node.func)[-80:]
            if re.search(r"\bbeta\.(assistants|threads)\b", name):
                yield Sighting(
                    "retired_service",
                    "OpenAI's Assistants API",
                    place.code.at(node, place.block),
                    "2026-08-26",
                )


def parsed(flow: Flow, sites: Sites) -> Iterator[Sighting]:
    """Answers that are taken apart unchecked, and whether the draw was free."""
    for sunk in flow.sunk.values():
        if (
            sunk.how != "parse"
            or ".arguments" in ast.unparse(sunk.node)
            or '"arguments"' in ast.unparse(sunk.node)
            or "'arguments'" in ast.unparse(sunk.node)
            or sunk.place.tried
        ):
            continue
        near = sunk.place.block.text
        if _VALIDATED.search(near):
            continue
        yield Sighting("unchecked_answer", ast.unparse(sunk.node.func), sunk.at)
        here = [site for site in sites.found if site.at.path == sunk.at.path and (site.asks or site.models)]
        if here and not any("temperature" in site.given or site.open for site in here):
            yield Sighting("free_temperature", "", here[0].at)


def unheard(flow: Flow, files: list[list[Node]]) -> Iterator[Sighting]:
    """The first request whose failure nobody catches, when that is so of all of them."""
    if not flow.asked or _FALLBACKS.search(_text(files)):
        return
    asked = list(flow.asked.values())
    # whoever runs a graph calls its nodes
    nodes = set(_NODES.findall(_text(files)))
    loose = [
        item
        for item in asked
        if not _caught(item.place, flow, 3)
        and not (item.place.function and item.place.function.name in nodes)
    ]
    if len(loose) * 2 >= len(asked):
        yield Sighting("uncaught", "", loose[0].at)


def _caught(place: Place, flow: Flow, depth: int) -> bool:
    if place.tried:
        return True
    if place.function is None or depth == 0:
        return False
    known = next(
        (item for item in flow.functions.get(place.function.name, []) if item.node is place.function), None
    )
    return known is not None and any(_caught(caller, flow, depth - 1) for caller in known.callers)


def unfilled(flow: Flow, sites: Sites) -> Iterator[Sighting]:
    """Prompts that are sent with their placeholders, and retrieved passages that no prompt ever sees."""
    direct = {id(site.node) for site in sites.found if site.asks}
    for asked in flow.asked.values():
        if "unfilled" in asked.labels and (id(asked.node) in direct or "payload" in asked.labels):
            yield Sighting("unfilled_prompt", "", asked.at)
    for name, known in [(name, it) for name, found in flow.functions.items() for it in found]:
        unused = _unused(known) if known.retrieved else None
        if unused is not None and _reaches_model(known, flow):
            yield Sighting("unused_context", name, known.place.code.at(unused, known.place.block))


def _unused(known: Known) -> ast.Assign | None:
    names = (node for node in nodes_in(known.node) if isinstance(node, ast.Name))
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    for node in nodes_in(known.node):
        if isinstance(node, ast.Assign) and id(node) in known.retrieved:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id not in read:
                return node
    return None


def _reaches_model(known: Known, flow: Flow) -> bool:
    if id(known.node) in flow.asking():
        return True
    callers = [
        caller
        for found in flow.functions.values()
        for it in found
        if "model" in it.gives
        for caller in it.callers
    ]
    return any(caller.function is known.node for caller in callers)


def counted(files: list[list[Node]], providers: Iterable[str]) -> bool:
    """Whether somebody counts tokens or money, or there is no bill to count."""
    return bool(_USAGE.search(_text(files))) or not (set(providers) - LOCAL)


def guarded(files: list[list[Node]], providers: Iterable[str]) -> bool:
    """Whether something looks at what comes in or goes out."""
    return bool(_GUARDED.search(_text(files))) or "Azure OpenAI" in set(providers)


def evaluates(imports: Iterable[tuple[str, dict[str, str]]]) -> list[Evidence]:
    """Where an evaluation library is used, by each file's path and imports."""
    return [Evidence(path) for path, known in imports if any(map(_EVALUATED.match, known.values()))]


def _text(files: list[list[Node]]) -> str:
    return "\n".join(block.text for found in files for _, place in found[:1] for block in place.code.blocks)
