"""Prompts, agents, evaluation sets and packages that are written down in files of their own."""

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any

import yaml
from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import EvaluationSet, GenTool
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.files.yaml_reading import read_yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 200_000
MAX_FILES = 200
PROMPT_SUFFIXES = (".md", ".txt", ".jinja", ".jinja2", ".j2", ".prompt", ".mustache", ".hbs", ".prompty")
PACKAGES = {
    "openai": "OpenAI", "@anthropic-ai/sdk": "Anthropic", "@google/generative-ai": "Google",
    "@google/genai": "Google",
    "cohere-ai": "Cohere", "@mistralai/mistralai": "Mistral", "ollama": "Ollama", "groq-sdk": "Groq",
    "@huggingface/inference": "Hugging Face", "replicate": "Replicate", "@ai-sdk/openai": "OpenAI",
    "@ai-sdk/anthropic": "Anthropic", "@ai-sdk/google": "Google", "@langchain/openai": "OpenAI",
    "@langchain/anthropic": "Anthropic", "@aws-sdk/client-bedrock-runtime": "Amazon Bedrock",
}  # fmt: skip
KITS = {
    "langchain": "LangChain", "@langchain/core": "LangChain", "@langchain/langgraph": "LangGraph",
    "llamaindex": "LlamaIndex", "ai": "Vercel AI SDK", "@modelcontextprotocol/sdk": "MCP",
    "@mastra/core": "Mastra", "@openai/agents": "OpenAI Agents SDK",
}  # fmt: skip
KEEPERS = {
    "chromadb": "Chroma", "@pinecone-database/pinecone": "Pinecone", "@qdrant/js-client-rest": "Qdrant",
    "weaviate-client": "Weaviate", "weaviate-ts-client": "Weaviate", "faiss-node": "FAISS",
    "@zilliz/milvus2-sdk-node": "Milvus",
}  # fmt: skip
_SCRIPT_MODEL = re.compile(
    r"""\b(?:model|modelName)\b\s*[:=]\s*["'`]([\w.:/-]{3,60})["'`]|\b(?:openai|anthropic|google)\(["'`]([\w.-]{3,60})["'`]\)"""
)
_EVALUATED = re.compile(
    r"(?i)(^|[/_.-])(evals?|evaluations?|golden|goldens|benchmark|ground[_-]?truth|testset|qa[_-]?(pairs|set)|test[_-]?(questions|cases|queries))([/_.-]|$)"
)
_TESTS = re.compile(r"(^|/)tests?/")
_QUESTION = {"question", "query", "input", "prompt", "user_input", "instruction", "vars", "inputs"}
_ANSWER = {"answer", "expected", "expected_output", "ground_truth", "ground_truths", "reference", "output",
    "ideal",
           "target", "expected_answer", "reference_answer", "gold", "assert", "outputs",
           "expectations"}  # fmt: skip


class Written(Struct):
    """What files other than Python say."""

    prompts: list[Evidence]
    agents: dict[str, Evidence]
    models: dict[str, Evidence]
    providers: dict[str, Evidence]
    frameworks: dict[str, None]
    stores: dict[str, Evidence]
    tools: list[GenTool]
    evaluations: list[EvaluationSet]
    texts: list[tuple[Evidence, str]]


def written(entries: Iterable[Entry]) -> Written:
    """Prompts, agents, models, evaluation sets and JavaScript packages, as far as files name them."""
    found = Written([], {}, {}, {}, {}, {}, [], [], [])
    scripts: list[Entry] = []
    for entry in [entry for entry in entries if entry.size <= MAX_BYTES][: 20 * MAX_FILES]:
        if entry.name == "package.json":
            _package(found, entry)
        elif entry.suffix in {".js", ".ts", ".tsx", ".jsx", ".mjs"}:
            scripts.append(entry)
        elif _TESTS.search(entry.path):
            continue
        elif entry.suffix in {".yaml", ".yml", ".json", ".toml", ".jsonl", ".csv"}:
            _document(found, entry)
        elif entry.suffix in PROMPT_SUFFIXES and _is_prompt(entry):
            text = read_text(entry.full, MAX_BYTES).text
            if len(text) > 40:
                found.prompts.append(Evidence(entry.path, text=entry.name))
                found.texts.append((Evidence(entry.path), text))
    if found.providers:
        for entry in scripts[:MAX_FILES]:
            _script(found, entry)
    return found


def environment_of(entries: Iterable[Entry]) -> dict[str, str]:
    """What the folder's `.env` files and their samples give to names that speak of models."""
    found: dict[str, str] = {}
    for entry in entries:
        named = ".env" in entry.name or entry.name in {"env.sample", "env.example", "sample.env"}
        if named and entry.size < 20_000:
            for line in read_text(entry.full, 20_000).text.split("\n"):
                name, mark, value = line.strip().removeprefix("export ").partition("=")
                plain = value.split(" #", maxsplit=1)[0].strip().strip("\"'")
                if (
                    mark
                    and plain
                    and "<" not in plain
                    and "your" not in plain.lower()
                    and ("MODEL" in name.upper() or "URL" in name.upper() or "DEPLOYMENT" in name.upper())
                ):
                    found.setdefault(name.strip(), plain)
    return found


def _is_prompt(entry: Entry) -> bool:
    if entry.suffix in {".prompt", ".prompty"}:
        return True
    folders = entry.path.lower().split("/")[:-1]
    name = entry.name.lower()
    if name.startswith(("readme", "licen", "changelog", "requirements", "contributing")):
        return False
    return (
        "prompts" in folders
        or "prompt" in name.replace("-", "_").split(".")[0].split("_")
        or name in {"system.txt", "instructions.md", "instructions.txt"}
    )


def _package(found: Written, entry: Entry) -> None:
    document = _parsed(entry)
    if not isinstance(document, dict):
        return
    at = Evidence(entry.path)
    for part in ("dependencies", "devDependencies"):
        for name in document.get(part) or {}:
            if name in PACKAGES:
                found.providers.setdefault(PACKAGES[name], at)
            if name in KITS:
                found.frameworks.setdefault(KITS[name])
            if name in KEEPERS:
                found.stores.setdefault(KEEPERS[name], at)


def _script(found: Written, entry: Entry) -> None:
    for number, line in enumerate(read_text(entry.full, MAX_BYTES).text.split("\n"), start=1):
        for matched in _SCRIPT_MODEL.finditer(line[:2000]):
            model = matched[1] or matched[2]
            if re.search(r"(?i)gpt|claude|gemini|llama|mistral|^o\d|deepseek|qwen|command", model):
                found.models.setdefault(model, Evidence(entry.path, line=number))


def _parsed(entry: Entry) -> Any:  # noqa: ANN401 - documents of any make
    text = read_text(entry.full, MAX_BYTES).text
    try:
        return json.loads(text) if entry.suffix == ".json" else read_yaml(text, _Loader)
    except (ValueError, yaml.YAMLError, RecursionError):
        return None


def _document(found: Written, entry: Entry) -> None:
    evaluated = bool(_EVALUATED.search(entry.path)) or entry.name.startswith("promptfooconfig")
    if entry.suffix in {".jsonl", ".csv"}:
        if evaluated and (count := _counted(entry)):
            found.evaluations.append(EvaluationSet(entry.path, count))
        return
    if entry.suffix == ".toml":
        return
    relevant = re.search(
        r"(?i)agent|task|prompt|crew|mcp|llm|model|chain|eval|golden|promptfoo|truth|qa|questions|config",
        entry.path,
    )
    if not relevant or entry.name in {"package-lock.json", "tsconfig.json"}:
        return
    document = _parsed(entry)
    if (
        isinstance(document, dict)
        and isinstance(document.get("tests"), list)
        and entry.name.startswith("promptfoo")
    ):
        found.evaluations.append(EvaluationSet(entry.path, len(document["tests"])))
    elif evaluated and isinstance(document, list) and _pairs(document):
        found.evaluations.append(EvaluationSet(entry.path, len(document)))
    elif isinstance(document, dict):
        _definitions(found, entry, document)


def _definitions(found: Written, entry: Entry, document: dict[Any, Any]) -> None:
    at = Evidence(entry.path)
    servers = document.get("mcpServers")
    if isinstance(servers, dict):
        found.frameworks.setdefault("MCP")
        found.tools += [GenTool(f"MCP server {name}", at) for name in list(servers)[:10]]
    for name, value in list(document.items())[:60]:
        if not isinstance(value, dict):
            if (
                str(name) in {"prompt", "system_prompt", "template", "instructions", "system"}
                and isinstance(value, str)
                and len(value) > 40
            ):
                found.prompts.append(Evidence(entry.path, text=str(name)))
                found.texts.append((at, value))
            continue
        if {"role", "goal"} <= set(value) or {"role", "backstory"} <= set(value):
            found.agents.setdefault(str(name), at)
            text = " ".join(str(value.get(key, "")) for key in ("role", "goal", "backstory"))
            found.prompts.append(Evidence(entry.path, text=str(name)))
            found.texts.append((at, text))
            model = value.get("llm") or value.get("model")
            if isinstance(model, str) and 2 < len(model) < 80 and " " not in model:
                found.models.setdefault(model, _line_of(entry, model))
        elif {"description", "expected_output"} <= set(value):
            found.prompts.append(Evidence(entry.path, text=str(name)))


def _line_of(entry: Entry, text: str) -> Evidence:
    lines = read_text(entry.full, MAX_BYTES).text.split("\n")
    number = next((number for number, line in enumerate(lines, start=1) if text in line), None)
    return Evidence(entry.path, line=number)


def _pairs(rows: list[Any]) -> bool:
    first = next((row for row in rows if isinstance(row, dict)), {})
    keys = {str(key).lower() for key in first}
    return bool(keys & _QUESTION and keys & _ANSWER)


def _counted(entry: Entry) -> int:
    text = read_text(entry.full, MAX_BYTES).text
    if entry.suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        return len(rows) if _pairs(list(rows)) else 0
    made: list[Any] = []
    for line in text.split("\n"):
        try:
            made.append(json.loads(line)) if line.strip() else None
        except (ValueError, RecursionError):
            continue
    return len(made) if _pairs(made) else 0
