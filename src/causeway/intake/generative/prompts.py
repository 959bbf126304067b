"""Prompts in code, and people's data in prompts and documents."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import read_text, searchable
from causeway.intake.files.walk import Entry
from causeway.intake.generative.values import Node, Place
from causeway.intake.python.names import constant, dotted, keyword

LONG = 40
_NAMED = ("prompt", "template", "instruction", "system_message", "persona", "backstory")
_TEMPLATES = {"from_template", "PromptTemplate", "ChatPromptTemplate", "SystemMessage", "from_messages",
    "Template",
              "SystemMessagePromptTemplate", "HumanMessagePromptTemplate", "PromptBuilder"}  # fmt: skip
_KEYWORDS = (
    "system_prompt",
    "system",
    "instructions",
    "system_message",
    "backstory",
    "prompt_template",
    "system_instruction",
)
_EMAIL = re.compile(
    r"\b[\w.+-]{2,64}@(?!example\.|test\.|domain\.|email\.|company\.|acme\.|yourdomain|localhost)[\w-]{2,64}\.(?!png|jpg)[a-z]{2,}\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\d.-])\+\d{1,3}[\s.-]?\(?\d{2,4}\)?(?:[\s.-]?\d{2,4}){2,3}(?![\d-])")
_NUMBER = re.compile(r"\b(?:\d{3}-\d{2}-\d{4}|[A-Z]{2}\d{2}(?: ?\w{4}){3,7})\b")
_CORPUS = re.compile(
    r"(?i)(^|/)(data|docs?|documents?|corpus|knowledge\w*|kb|sources?|context|faq|uploads?|content|samples?)/"
)
MAX_CORPUS_FILES = 60
MAX_CORPUS_BYTES = 200_000


def in_code(files: list[list[Node]]) -> list[tuple[Evidence, str]]:
    """Every prompt that stands in code, once: its place with its name, and its own words."""
    found: dict[int, tuple[Evidence, str]] = {}
    for nodes in files:
        for node, place in nodes:
            for name, value in _written(node, place):
                text = _words(value)
                if len(text) > LONG and id(value) not in found:
                    found[id(value)] = (place.code.at(value, place.block, name), text)
    seen: dict[tuple[str, int | None, int | None], tuple[Evidence, str]] = {}
    for at, text in found.values():
        seen.setdefault((at.path, at.cell, at.line), (at, text))
    return list(seen.values())


def _written(node: ast.AST, place: Place) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
        if any(word in name.lower() for word in _NAMED):
            yield name, node.value
    elif isinstance(node, ast.Call):
        last = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else dotted(node.func, place.scope.known).rsplit(".", 1)[-1]
        )
        if last in _TEMPLATES:
            for value in [*node.args[:1], keyword(node, "template"), keyword(node, "content")]:
                yield from _texts(last, value)
        for word in _KEYWORDS:
            if (value := keyword(node, word)) is not None:
                yield word, value
    elif isinstance(node, ast.Dict):
        given = {
            constant(key): value for key, value in zip(node.keys, node.values, strict=True) if key is not None
        }
        if constant(given.get("role")) in {"system", "developer", "user"} and "content" in given:
            yield str(constant(given["role"])), given["content"]


def _texts(name: str, value: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(value, ast.List):
        for item in value.elts:
            if isinstance(item, ast.Tuple) and len(item.elts) == 2:
                yield name, item.elts[1]
    elif value is not None:
        yield name, value


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    if isinstance(node, ast.BinOp):
        return _words(node.left) + _words(node.right)
    if (
        isinstance(node, ast.Call)
        and node.args
        and dotted(node.func, {}).rsplit(".", 1)[-1] in {"dedent", "cleandoc"}
    ):
        return _words(node.args[0])
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"format", "strip"}
    ):
        return _words(node.func.value)
    return ""


def personal_in(
    texts: Iterable[tuple[Evidence, str]], entries: Iterable[Entry], *, corpus: bool
) -> Iterator[Sighting]:
    """People's addresses and numbers in prompts, and in the documents a model is given."""
    for at, text in texts:
        if sort := _sort(text, few=True):
            yield Sighting("personal_prompt", sort, at)
    if not corpus:
        return
    wanted = [
        entry
        for entry in entries
        if entry.suffix in {".txt", ".md", ".jsonl", ".json", ".html"} and _CORPUS.search(entry.path)
    ]
    for entry in [entry for entry in wanted if not entry.name.lower().startswith(("readme", "licen"))][
        :MAX_CORPUS_FILES
    ]:
        text = read_text(entry.full, MAX_CORPUS_BYTES).text
        if sort := _sort(text, few=False):
            yield Sighting("personal_corpus", sort, Evidence(entry.path))


def _sort(text: str, *, few: bool) -> str:
    text = searchable(text)
    found = {
        "e-mail addresses": set(_EMAIL.findall(text)),
        "phone numbers": set(_PHONE.findall(text)),
        "identity numbers": set(_NUMBER.findall(text)),
    }
    needed = 1 if few else 3
    return next((sort for sort, hits in found.items() if len(hits) >= needed), "")
