"""What an import, or the app's start, fetches from the network."""

import ast
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted

FETCHES = {
    "nltk.download", "nltk.downloader.download", "spacy.cli.download", "spacy.cli.download.download",
    "gdown.download", "wget.download", "urllib.request.urlretrieve", "huggingface_hub.snapshot_download",
    "huggingface_hub.hf_hub_download", "kagglehub.dataset_download", "kagglehub.model_download",
    "stanza.download", "tensorflow.keras.utils.get_file", "keras.utils.get_file",
}  # fmt: skip


def downloads_at_import(project: Project, apps: set[str], *, images: str) -> list[Sighting]:
    """The first fetch at the top of each file that is imported or served, where no image did it before."""
    imported = {path for code in project.codes for path in project.imported(code) - {code.path}}
    found: list[Sighting] = []
    for code in project.codes:
        if code.notebook is None and code.path in imported | apps:
            fetches = [s for block in code.blocks for s in _fetches(code, block, block.tree.body)]
            found += [s for s in fetches[:1] if s.value.split(".")[0] not in images]
    return found


def _fetches(code: Code, block: Block, body: list[ast.stmt]) -> Iterator[Sighting]:
    known = aliases_of(code)
    for statement in body:
        for node in _run(statement):
            name = dotted(node.func, known) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in FETCHES:
                what = constant(node.args[0]) if node.args else None
                at: Evidence = code.at(node, block)
                yield Sighting("downloads_at_import", name, at, what if isinstance(what, str) else "")


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """What runs with the file: no bodies of functions, nothing under a condition, or after a look for it."""
    waiting = [node]
    while waiting:
        this = waiting.pop()
        if isinstance(this, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.If):
            continue
        yield this
        handled = isinstance(this, ast.Try) and any(
            isinstance(item, ast.ExceptHandler) for item in this.handlers
        )
        inner = this.body if handled and isinstance(this, ast.Try) else ast.iter_child_nodes(this)
        waiting += reversed(list(inner))
