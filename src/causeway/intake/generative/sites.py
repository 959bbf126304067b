"""Where code makes a model's client or asks it: provider, model, and the options that are given."""

import ast
from collections.abc import Iterable

from msgspec import Struct, structs

from causeway.core.finding import Evidence
from causeway.intake.generative import catalog
from causeway.intake.generative.catalog import MAKERS, Maker
from causeway.intake.generative.values import Constants, Node, Place
from causeway.intake.python.names import constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

MODEL_WORDS = (
    "model", "model_name", "model_id", "deployment_name", "azure_deployment", "engine", "llm", "modelId",
    "ai_model_id", "repo_id", "model_path", "pretrained_model_name_or_path",
)  # fmt: skip
# the end of a dotted call that asks a model -> what it speaks
REQUESTS = {
    "chat.completions.create": "OpenAI", "chat.completions.parse": "OpenAI",
    "chat.completions.stream": "OpenAI", "ChatCompletion.create": "OpenAI",
    "ChatCompletion.acreate": "OpenAI",
    "Completion.create": "OpenAI", "completions.create": "OpenAI", "responses.create": "OpenAI",
    "responses.parse": "OpenAI", "responses.stream": "OpenAI", "messages.create": "Anthropic",
    "messages.stream": "Anthropic", "generate_content": "Google", "generate_content_async": "Google",
    "models.generate_content": "Google", "models.generate_content_stream": "Google",
    "litellm.completion": "LiteLLM", "litellm.acompletion": "LiteLLM", "ollama.chat": "Ollama",
    "ollama.generate": "Ollama", "chat.complete": "Mistral", "invoke_model": "Amazon Bedrock",
    "converse": "Amazon Bedrock",
    "invoke_model_with_response_stream": "Amazon Bedrock", "converse_stream": "Amazon Bedrock",
    "text_generation": "Hugging Face", "chat_completion": "Hugging Face", "replicate.run": "Replicate",
    "create_chat_completion": "llama.cpp", "runs.create": "OpenAI", "runs.create_and_poll": "OpenAI",
    "runs.stream": "OpenAI",
}  # fmt: skip
NEEDS = {
    "Anthropic": ("anthropic",), "Google": ("google", "vertexai"), "Amazon Bedrock": ("boto3", "aioboto3"),
    "Hugging Face": ("huggingface_hub",), "Mistral": ("mistralai",), "llama.cpp": ("llama_cpp",),
}  # fmt: skip
DEFAULTS = {
    "OpenAI": Maker("OpenAI"), "Anthropic": Maker("Anthropic", capped=True),
    "Google": Maker("Google", -1, 0, capped=True), "LiteLLM": Maker("LiteLLM"),
    "Ollama": Maker("Ollama", None, 0), "Mistral": Maker("Mistral", -1, 0),
    "Amazon Bedrock": Maker("Amazon Bedrock", 60, 4, capped=True),
    "Hugging Face": Maker("Hugging Face", None, 0, capped=True),
    "Replicate": Maker("Replicate", -1, 0, capped=True), "llama.cpp": Maker("llama.cpp", -1, 0, capped=True),
}  # fmt: skip
TUNERS = {"LoraConfig", "SFTTrainer", "DPOTrainer", "GRPOTrainer", "PPOTrainer", "get_peft_model",
    "FastLanguageModel",
          "fine_tuning.jobs.create", "FineTune.create"}  # fmt: skip
CAUSAL = {"AutoModelForCausalLM", "AutoModelForSeq2SeqLM", "LlamaForCausalLM", "T5ForConditionalGeneration",
          "GPT2LMHeadModel", "FastLanguageModel", "AutoModelForImageTextToText",
          "AutoModelForVision2Seq"}  # fmt: skip
GENAI_CLIENT = Maker("Google", None, 0, capped=True)
GENERATING = {"text-generation", "text2text-generation", "summarization", "conversational",
    "image-text-to-text",
              "image-to-text", "translation"}  # fmt: skip


class Site(Struct, frozen=True):
    """One place that makes a client (`asks` false) or sends a prompt (`asks` true)."""

    at: Evidence
    node: ast.AST
    place: Place
    maker: Maker
    asks: bool
    models: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()
    options: tuple[tuple[str, ast.AST], ...] = ()
    open: bool = False
    """Whether options are handed over in a way that was not followed."""
    client: bool = False
    """Whether the client that sends the request is a site of its own."""
    hub: str = ""
    """The name of a model on a hub that is loaded into this process."""

    def option(self, names: Iterable[str]) -> ast.AST | None:
        """The expression of the first of these options that is given."""
        return next((value for name, value in self.options if name in set(names)), None)


class Sites:
    """All sites of a folder, and what follows from them together."""

    def __init__(self, files: list[list[Node]], constants: Constants) -> None:
        self.constants = constants
        self.found: list[Site] = []
        self.by_node: dict[int, Site] = {}
        self._unpacked_nodes: set[int] = set()
        self.tuning: list[Evidence] = []
        self.imports = {
            name.split(".")[0]
            for found in files
            for _, place in found[:1]
            for name in place.scope.known.values()
        }
        for found in files:
            for node, place in found:
                site = self._site(node, place)
                if site is not None:
                    self.found.append(site)
                    self.by_node[id(node)] = site
        self.found = [site for site in self.found if id(site.node) not in self._unpacked_nodes]
        self.found = self._with_clients()

    def _site(self, node: ast.AST, place: Place) -> Site | None:
        if isinstance(node, ast.Dict):
            return self._payload(node, place)
        if not isinstance(node, ast.Call):
            return None
        name = dotted(node.func, place.scope.known) or _tail(node.func)
        last = name.rsplit(".", 1)[-1]
        if last in TUNERS or any(name.endswith(end) for end in TUNERS if "." in end):
            self.tuning.append(place.code.at(node, place.block))
        asked = _asked(name, self.imports)
        if asked and not (asked == "OpenAI" and name.startswith("litellm")):
            return self._made(node, place, DEFAULTS[asked], asks=True)
        if name in {"litellm.completion", "litellm.acompletion"}:
            return self._made(node, place, DEFAULTS["LiteLLM"], asks=True)
        return self._construct(node, place, name, last)

    def _construct(self, node: ast.Call, place: Place, name: str, last: str) -> Site | None:
        top = name.split(".", maxsplit=1)[0]
        if last in MAKERS and _is_library(name, last, place):
            maker = MAKERS[last]
            if top in {"crewai", "dspy"} or last in {"init_chat_model", "LM"}:
                maker = catalog.CREWAI_LLM
            return self._made(node, place, maker, asks=False)
        if name == "google.genai.Client":
            return self._made(node, place, GENAI_CLIENT, asks=False)
        if name in {"crewai.LLM", "vllm.LLM"}:
            maker = catalog.CREWAI_LLM if top == "crewai" else Maker("vLLM", -1, 0, capped=True)
            return self._made(node, place, maker, asks=False)
        owner = name.split(".")[-2] if "." in name else ""
        task = constant(node.args[0]) if node.args else constant(keyword(node, "task"))
        piped = name == "transformers.pipeline" and (task in GENERATING)
        if (last == "from_pretrained" and owner in CAUSAL) or piped:
            return self._hub(node, place, position=1 if piped else 0)
        if (
            name.startswith(("pydantic_ai.", "agents.", "langchain.agents.create_agent"))
            or last == "create_react_agent"
        ):
            named = keyword(node, "model") or (node.args[0] if node.args else None)
            if isinstance(named, ast.Constant | ast.Name | ast.Attribute) and self.constants.texts(
                named, place.scope
            ):
                return self._made(
                    node, place, Maker("OpenAI" if top == "agents" else "", -1, 2), asks=False, named=named
                )
        return None

    def _hub(self, node: ast.Call, place: Place, *, position: int) -> Site:
        named = keyword(node, "model") or keyword(node, "pretrained_model_name_or_path")
        named = named or (node.args[position] if len(node.args) > position else None)
        texts = self.constants.texts(named, place.scope)
        maker = Maker("Hugging Face", -1, 0, capped=True)
        hub = texts[0] if texts else (ast.unparse(named) if named is not None else "")
        made = self._made(node, place, maker, asks=False, named=named)
        return Site(
            made.at,
            node,
            place,
            maker,
            asks=False,
            models=texts,
            given=made.given,
            options=made.options,
            hub=hub,
        )

    def _with_clients(self) -> list[Site]:
        """The sites again, with what is known of the one client that requests of OpenAI's form go to."""
        clients = [site for site in self.found if not site.asks and _is_client(site)]
        only = {site.maker.provider for site in clients}
        google = any(site.maker == GENAI_CLIENT and not site.asks for site in self.found)
        made = [self._known_better(site, only, clients, google=google) for site in self.found]
        self.by_node |= {id(site.node): site for site in made}
        return made

    def _known_better(self, site: Site, only: set[str], clients: list[Site], *, google: bool) -> Site:
        if not site.asks:
            return site
        if site.maker.provider == "Google" and google:
            return structs.replace(site, client=True)
        if site.maker.provider != "OpenAI":
            return site
        own = self._client_of(site) or (clients[0] if len(only) == 1 else None)
        return structs.replace(site, maker=own.maker, client=True) if own else site

    def _client_of(self, site: Site) -> Site | None:
        node = site.node.func if isinstance(site.node, ast.Call) else site.node
        while isinstance(node, ast.Attribute):
            node = node.value
            for made, _ in self.constants.values(node, site.place.scope):
                if id(made) in self.by_node and not self.by_node[id(made)].asks:
                    return self.by_node[id(made)]
        return None

    def _made(
        self, node: ast.Call, place: Place, maker: Maker, *, asks: bool, named: ast.AST | None = None
    ) -> Site:
        options = [(item.arg, item.value) for item in node.keywords if item.arg]
        unknown = False
        for item in node.keywords:
            if item.arg is None:
                inside = self._unpacked(item.value, place)
                options += inside
                unknown = unknown or not inside
        given = dict(options)
        named = named or next((given[word] for word in MODEL_WORDS if word in given), None)
        if named is None and node.args and not asks:
            named = node.args[0]
        if named is None and asks and maker.provider in {"LiteLLM", "Replicate", "Ollama"} and node.args:
            named = node.args[0]
        models = self.constants.texts(named, place.scope)
        maker, models = self._whose(maker, models, given, place)
        at = place.code.at(node, place.block)
        return Site(at, node, place, maker, asks, models, frozenset(given), tuple(options), open=unknown)

    def _unpacked(self, node: ast.AST, place: Place) -> list[tuple[str, ast.AST]]:
        found: list[tuple[str, ast.AST]] = []
        for made, _ in self.constants.values(node, place.scope):
            if isinstance(made, ast.Dict):
                self._unpacked_nodes.add(id(made))
                found += [
                    (str(constant(key)), value)
                    for key, value in zip(made.keys, made.values, strict=True)
                    if key is not None and isinstance(constant(key), str)
                ]
            elif isinstance(made, ast.Call) and dotted(made.func, {}) == "dict":
                found += [(item.arg, item.value) for item in made.keywords if item.arg]
        return found

    def _whose(
        self, maker: Maker, models: tuple[str, ...], given: dict[str, ast.AST], place: Place
    ) -> tuple[Maker, tuple[str, ...]]:
        provider = maker.provider
        address = next(
            (given[word] for word in ("base_url", "openai_api_base", "api_base") if word in given), None
        )
        if address is not None and provider in {"OpenAI", "LiteLLM"}:
            texts = self.constants.texts(address, place.scope)
            provider = catalog.by_address(texts[0]) if texts else catalog.ENDPOINT
        plain: list[str] = []
        for model in models:
            named, rest = catalog.by_prefix(model)
            if not provider and named:
                provider = named
            plain.append(rest if named and provider in {named, "LiteLLM"} else model)
        if provider == "" and plain:
            provider = catalog.by_name(plain[0])
        changed = Maker(provider, maker.wait, maker.again, maker.capped)
        return changed, tuple(dict.fromkeys(_bare(model) for model in plain if _plausible(model)))

    def _payload(self, node: ast.Dict, place: Place) -> Site | None:
        given = {
            str(constant(key)): value
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None and isinstance(constant(key), str)
        }
        configured = {"model", "api_type"} <= set(given) or {"model", "api_key"} <= set(given)
        if not ({"model", "messages"} <= set(given) or {"model", "prompt"} <= set(given) or configured):
            return None
        models = self.constants.texts(given["model"], place.scope)
        placed = bool({"base_url", "api_version", "api_type"} & set(given))
        if not models and configured and "messages" not in given and not placed:
            return None
        kind = self.constants.texts(given.get("api_type"), place.scope)
        provider = catalog.by_prefix(f"{kind[0]}:x")[0] if kind else ""
        maker = Maker(provider or self._endpoint(place), -1, 0)
        if configured and not provider:
            maker = Maker(catalog.by_name(models[0]) if models else "", 600, 2)
        at = place.code.at(node, place.block)
        keys = tuple(given.items())
        open_ = any(key is None for key in node.keys)
        return Site(
            at,
            node,
            place,
            maker,
            asks=False,
            models=tuple(filter(_plausible, models)),
            given=frozenset(given),
            options=keys,
            open=open_,
        )

    def _endpoint(self, place: Place) -> str:
        for node in nodes_in(place.block.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "://" in node.value:
                found = catalog.by_address(node.value)
                if found != catalog.ENDPOINT:
                    return found
        return catalog.ENDPOINT


def _asked(name: str, imports: set[str]) -> str:
    for end, provider in REQUESTS.items():
        if name == end or name.endswith(f".{end}"):
            needed = NEEDS.get(provider, ())
            if not needed or imports & set(needed):
                return provider
    return ""


def _tail(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(["?", *reversed(parts)]) if parts else ""


def _is_library(name: str, last: str, place: Place) -> bool:
    """Whether the class comes from an import rather than from a class of the folder with the same name."""
    if "." not in name:
        return False
    return not name.startswith(".") and (
        name.split(".", maxsplit=1)[0] != last or place.scope.known.get(last) == name
    )


def _bare(model: str) -> str:
    return model.rsplit("/", 1)[-1] if model.startswith(("./", "../", "/", "~", "models/")) else model


def _is_client(site: Site) -> bool:
    name = dotted(site.node.func, site.place.scope.known) if isinstance(site.node, ast.Call) else ""
    return name.startswith(("openai.", "groq.", "together."))


def _plausible(model: str) -> bool:
    return 1 < len(model) <= 100 and not any(mark in model for mark in (" ", "\n", "://", "{", "<"))
