"""What a generative application is made of: providers, models, prompts, stores, and how it calls them."""

import ast
from collections.abc import Iterable

from causeway.core.finding import Evidence
from causeway.core.poc import GenAi, Guess, Sighting
from causeway.intake.code import Block, Code
from causeway.intake.names import aliases_of, constant, dotted, keyword

PROVIDERS = {
    "openai": "OpenAI", "anthropic": "Anthropic", "cohere": "Cohere", "mistralai": "Mistral", "groq": "Groq",
    "ollama": "Ollama", "replicate": "Replicate", "together": "Together", "google.generativeai": "Google",
    "google.genai": "Google", "vertexai": "Google", "langchain_openai": "OpenAI",
    "langchain_anthropic": "Anthropic",
    "langchain_google_genai": "Google", "langchain_groq": "Groq", "langchain_ollama": "Ollama",
    "litellm": "LiteLLM",
    "huggingface_hub": "Hugging Face", "boto3.bedrock": "Amazon Bedrock", "vllm": "vLLM",
    "llama_cpp": "llama.cpp",
}  # fmt: skip
FRAMEWORKS = {
    "langchain": "LangChain", "langchain_community": "LangChain", "langchain_core": "LangChain",
    "langgraph": "LangGraph", "llama_index": "LlamaIndex", "haystack": "Haystack", "crewai": "CrewAI",
    "autogen": "AutoGen", "semantic_kernel": "Semantic Kernel", "dspy": "DSPy", "smolagents": "smolagents",
    "pydantic_ai": "Pydantic AI",
}  # fmt: skip
STORES = {
    "Qdrant": "Qdrant", "QdrantVectorStore": "Qdrant", "QdrantClient": "Qdrant", "Chroma": "Chroma",
    "FAISS": "FAISS",
    "Pinecone": "Pinecone", "PineconeVectorStore": "Pinecone", "Weaviate": "Weaviate", "Milvus": "Milvus",
    "PGVector": "pgvector", "LanceDB": "LanceDB", "PersistentClient": "Chroma", "IndexFlatL2": "FAISS",
    "InMemoryVectorStore": "memory", "DocArrayInMemorySearch": "memory", "VectorStoreIndex": "LlamaIndex",
}  # fmt: skip
EMBEDDERS = {"HuggingFaceEmbeddings", "SentenceTransformer", "OpenAIEmbeddings",
             "HuggingFaceInstructEmbeddings",
             "GoogleGenerativeAIEmbeddings", "OllamaEmbeddings", "HuggingFaceBgeEmbeddings"}  # fmt: skip
CHAT = {"ChatOpenAI", "ChatAnthropic", "ChatGroq", "ChatOllama", "ChatGoogleGenerativeAI", "OpenAI",
        "Ollama", "AzureChatOpenAI",
        "HuggingFaceHub", "HuggingFaceEndpoint", "GenerativeModel", "LlamaCpp",
        "init_chat_model"}  # fmt: skip
EVALUATION = {"ragas", "deepeval", "trulens", "trulens_eval", "promptfoo", "giskard"}
SEARCHES = {
    "similarity_search",
    "as_retriever",
    "max_marginal_relevance_search",
    "similarity_search_with_score",
}


class _Parts:
    """What has been seen so far, each with its evidence."""

    def __init__(self) -> None:
        self.providers: dict[str, Evidence] = {}
        self.models: dict[str, Evidence] = {}
        self.embeddings: dict[str, Evidence] = {}
        self.stores: dict[str, Evidence] = {}
        self.frameworks: dict[str, None] = {}
        self.prompts: list[Evidence] = []
        self.sightings: list[Sighting] = []


def generative(codes: Iterable[Code]) -> tuple[GenAi, list[Sighting]]:
    """The parts of a generative application, and what stands out about how it uses them."""
    parts = _Parts()
    for code in codes:
        known = aliases_of(code)
        for name in known.values():
            _by_import(parts, name)
        for block in code.blocks:
            for node in ast.walk(block.tree):
                _node(parts, code, block, node, known)
    if not (parts.providers or parts.models or parts.frameworks):
        return GenAi(), []
    _module_state(parts, codes)
    made = GenAi(
        _guesses(parts.providers),
        _guesses(parts.models),
        _guesses(parts.embeddings),
        _guesses(parts.stores),
        tuple(parts.prompts[:20]),
        tuple(parts.frameworks),
    )
    return made, parts.sightings


def _guesses(found: dict[str, Evidence]) -> tuple[Guess, ...]:
    return tuple(Guess(name, 0.9, (at,)) for name, at in found.items())


def _by_import(parts: _Parts, name: str) -> None:
    top, two = name.split(".", maxsplit=1)[0], ".".join(name.split(".")[:2])
    if top in FRAMEWORKS:
        parts.frameworks.setdefault(FRAMEWORKS[top])
    provider = PROVIDERS.get(two) or PROVIDERS.get(top)
    if provider:
        parts.providers.setdefault(provider, Evidence())
    if top in EVALUATION:
        parts.sightings.append(Sighting("genai_evaluation", top, Evidence()))


def _node(parts: _Parts, code: Code, block: Block, node: ast.AST, known: dict[str, str]) -> None:
    if isinstance(node, ast.Dict):
        _payload(parts, code, block, node)
    elif isinstance(node, ast.Assign):
        _prompt(parts, code, block, node)
    elif isinstance(node, ast.Call):
        _called(parts, code, block, node, known)


def _payload(parts: _Parts, code: Code, block: Block, node: ast.Dict) -> None:
    keys = {
        constant(key): value for key, value in zip(node.keys, node.values, strict=True) if key is not None
    }
    if not {"model", "messages"} <= set(keys):
        return
    at = code.at(node, block)
    parts.providers.setdefault("an OpenAI-compatible endpoint", at)
    model = constant(keys["model"])
    if isinstance(model, str):
        parts.models.setdefault(model, code.at(keys["model"], block))
    limit = constant(keys.get("max_tokens"))
    if "max_tokens" not in keys or limit == -1:
        where = code.at(keys["max_tokens"], block) if "max_tokens" in keys else at
        parts.sightings.append(
            Sighting("unbounded_tokens", "max_tokens=-1" if limit == -1 else "no max_tokens", where)
        )


def _prompt(parts: _Parts, code: Code, block: Block, node: ast.Assign) -> None:
    target = node.targets[0]
    name = target.id.lower() if isinstance(target, ast.Name) else ""
    if not any(word in name for word in ("prompt", "template", "instruction", "system_message")):
        return
    if isinstance(node.value, ast.JoinedStr):
        inserted = [part for part in node.value.values if isinstance(part, ast.FormattedValue)]
        at = code.at(node, block)
        parts.prompts.append(at)
        if len(inserted) >= 2:
            detail = ", ".join(ast.unparse(part.value) for part in inserted[:4])
            parts.sightings.append(Sighting("mixed_prompt", name, at, detail))
    elif isinstance(constant(node.value), str) and len(str(constant(node.value))) > 40:
        parts.prompts.append(code.at(node, block))


def _called(parts: _Parts, code: Code, block: Block, node: ast.Call, known: dict[str, str]) -> None:
    name = dotted(node.func, known)
    pieces = name.split(".")
    at = code.at(node, block)
    for piece in pieces[-2:]:
        if piece in STORES and (pieces[0] != piece or piece in known):
            parts.stores.setdefault(STORES[piece], at)
    if pieces[-1] in EMBEDDERS:
        model = _model_of(node)
        parts.embeddings.setdefault(model or pieces[-1], at)
    if pieces[-1] in CHAT or name.endswith(
        ("completions.create", "ChatCompletion.create", "messages.create")
    ):
        _chat(parts, at, node)
    if pieces[-1] in SEARCHES or pieces[-1] == "RetrievalQA":
        parts.sightings.append(Sighting("retrieval", pieces[-1], at))
    if name in {"requests.post", "requests.get", "httpx.post"} and keyword(node, "timeout") is None:
        parts.sightings.append(Sighting("no_timeout", name, at))
    if pieces[-1] in {
        "bind_tools",
        "create_react_agent",
        "initialize_agent",
        "AgentExecutor",
        "create_agent",
    }:
        parts.sightings.append(Sighting("agent", pieces[-1], at))


def _model_of(node: ast.Call) -> str:
    given = keyword(node, "model_name") or keyword(node, "model") or (node.args[0] if node.args else None)
    value = constant(given)
    return value if isinstance(value, str) else ""


def _chat(parts: _Parts, at: Evidence, node: ast.Call) -> None:
    model = _model_of(node)
    if model:
        parts.models.setdefault(model, at)
    limits = {"max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "num_predict"}
    if ast.unparse(node.func).endswith("create") and not any(item.arg in limits for item in node.keywords):
        parts.sightings.append(Sighting("unbounded_tokens", "no max_tokens", at))


def _module_state(parts: _Parts, codes: Iterable[Code]) -> None:
    for code in codes:
        for block in code.blocks:
            for node in ast.walk(block.tree):
                if isinstance(node, ast.Global) and _holds_store(block.tree, node.names):
                    parts.sightings.append(Sighting("shared_store", node.names[0], code.at(node, block)))


def _holds_store(tree: ast.AST, names: list[str]) -> bool:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in names
        ):
            text = ast.unparse(node.value)
            if any(f"{store}." in text or f"{store}(" in text for store in STORES):
                return True
    return False
