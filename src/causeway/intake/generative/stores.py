"""Vector stores, embeddings, and what all users of a served application share."""

import ast
import re
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.generative.catalog import EMBEDDERS, STORE_MODULES, STORES
from causeway.intake.generative.values import Constants, Node, Place
from causeway.intake.python.names import constant, dotted, keyword

WEB = {
    "flask",
    "fastapi",
    "quart",
    "sanic",
    "bottle",
    "tornado",
    "aiohttp",
    "django",
    "starlette",
    "litestar",
    "gradio",
}
MEMORIES = {"ConversationBufferMemory", "ConversationBufferWindowMemory", "ConversationSummaryMemory",
    "ChatMessageHistory",
            "InMemoryChatMessageHistory", "start_chat", "ConversationSummaryBufferMemory",
            "ChatMemoryBuffer"}  # fmt: skip
CHANGES = {"append", "extend", "insert", "add", "update"}
FILLS = {
    "add_documents",
    "add_texts",
    "upsert",
    "aadd_documents",
    "add",
    "insert",
    "from_documents",
    "from_texts",
}
_TALK = re.compile(r"(?i)histor|messages|conversation|memory|chat_?log|dialog")


class Kept:
    """What is kept: stores, embeddings with their models, retrieval, and what is shared."""

    def __init__(self, files: list[list[Node]], constants: Constants) -> None:
        self.stores: dict[str, Evidence] = {}
        self.embeddings: dict[str, Evidence] = {}
        self.sightings: list[Sighting] = []
        for found in files:
            for node, place in found:
                if isinstance(node, ast.Call):
                    self._call(node, place, constants)
            self.sightings += _shared(found)

    def _call(self, node: ast.Call, place: Place, constants: Constants) -> None:
        name = dotted(node.func, place.scope.known)
        pieces = name.split(".")
        at = place.code.at(node, place.block)
        for piece in pieces[-2:]:
            if piece in STORES and _from_store_library(name, piece, place):
                self.stores.setdefault(STORES[piece], at)
        if pieces[-1] in EMBEDDERS:
            given = (
                keyword(node, "model_name")
                or keyword(node, "model")
                or keyword(node, "model_id")
                or (node.args[0] if node.args else None)
            )
            texts = constants.texts(given, place.scope)
            self.embeddings.setdefault(texts[0] if texts else pieces[-1], at)
        last = node.func.attr if isinstance(node.func, ast.Attribute) else pieces[-1]
        if last in {
            "similarity_search",
            "as_retriever",
            "max_marginal_relevance_search",
            "similarity_search_with_score",
            "RetrievalQA",
            "as_query_engine",
            "as_chat_engine",
            "create_retrieval_chain",
            "query_points",
        }:
            self.sightings.append(Sighting("retrieval", last, at))


def _from_store_library(name: str, piece: str, place: Place) -> bool:
    top = name.split(".", maxsplit=1)[0]
    return (top != piece or piece in place.scope.known) and any(
        word in name.lower() for word in STORE_MODULES
    )


def _shared(found: list[Node]) -> Iterator[Sighting]:
    if not found:
        return
    place = found[0][1]
    imported = {name.split(".")[0] for name in place.scope.known.values()}
    tops = place.scope.names
    for node, where in found:
        if isinstance(node, ast.Global):
            yield from _global(node, where, found)
        if (
            imported & WEB
            and isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and where.functions
        ):
            yield from _changed(node, where, tops)
        if isinstance(node, ast.Call) and not where.functions and imported & WEB:
            last = dotted(node.func, where.scope.known).rsplit(".", 1)[-1] or getattr(node.func, "attr", "")
            if last in MEMORIES and "session" not in place.block.text.lower():
                yield Sighting("shared_store", f"conversation ({last})", where.code.at(node, where.block))
    yield from _replaced(found, imported)


def overwritten(files: list[list[Node]]) -> Iterator[Sighting]:
    """Files with a fixed name that a served application's agents write their answers to."""
    if not any(
        name.split(".", maxsplit=1)[0] in WEB | {"streamlit", "chainlit"}
        for found in files
        if found
        for name in found[0][1].scope.known.values()
    ):
        return
    for found in files:
        for node, place in found:
            name = constant(keyword(node, "output_file")) if isinstance(node, ast.Call) else None
            if isinstance(name, str) and "{" not in name:
                yield Sighting("shared_file", name, place.code.at(node, place.block))


def _global(node: ast.Global, where: Place, found: list[Node]) -> Iterator[Sighting]:
    for other, _ in found:
        if (
            isinstance(other, ast.Assign)
            and isinstance(other.targets[0], ast.Name)
            and other.targets[0].id in node.names
        ):
            text = ast.unparse(other.value)
            if any(f"{store}." in text or f"{store}(" in text for store in STORES):
                yield Sighting("shared_store", other.targets[0].id, where.code.at(node, where.block))
                return


def _changed(node: ast.Call, where: Place, tops: dict[str, list[ast.expr]]) -> Iterator[Sighting]:
    target = node.func.value if isinstance(node.func, ast.Attribute) else None
    if (
        not isinstance(target, ast.Name)
        or target.id not in tops
        or where.scope.names.get(target.id) is not None
    ):
        return
    last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    made = " ".join(ast.unparse(value) for value in tops[target.id])
    store = any(f"{name}." in made or f"{name}(" in made for name in STORES)
    talk = last in CHANGES and _TALK.search(target.id) and made.startswith(("[", "list(", "deque("))
    if (
        store and last in FILLS and not re.search(r"user|tenant|session|namespace", ast.unparse(node))
    ) or talk:
        yield Sighting("shared_store", target.id, where.code.at(node, where.block))


def _replaced(found: list[Node], imported: set[str]) -> Iterator[Sighting]:
    """A database file that every visitor's upload overwrites."""
    if not imported & (WEB | {"streamlit"}) or not any(
        "file_uploader" in place.block.text or "UploadFile" in place.block.text for _, place in found[:1]
    ):
        return
    file = next(
        (
            str(constant(node.args[0]))
            for node, _ in found
            if isinstance(node, ast.Call)
            and dotted(node.func, {}) == "sqlite3.connect"
            and node.args
            and isinstance(constant(node.args[0]), str)
        ),
        "",
    )
    for node, place in found:
        if (
            file
            and file != ":memory:"
            and isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "to_sql"
        ):
            yield Sighting("shared_store", file, place.code.at(node, place.block))
            return
