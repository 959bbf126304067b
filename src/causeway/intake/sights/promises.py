"""What a folder says or expects of itself: files and figures of the README, columns, a model that is kept."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import DataFile, Sighting
from causeway.intake.files.text import searchable
from causeway.intake.files.walk import Entry
from causeway.intake.paths import Files
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.names import dotted
from causeway.intake.python.trees import nodes_in

_COMMAND = re.compile(
    r"(?:python3?|py|streamlit run|jupyter (?:notebook|lab)|Rscript|flask --app)\s+(?:-\w\s+)?[\"']?"
    r"([\w./\\-]+\.(?:py|ipynb|R))\b"
)
_LATER = re.compile(
    r"future|todo|roadmap|\bplan|could|next step|\[ \]|coming|optional|e\.g\.|example", re.IGNORECASE
)
_METRICS = {
    "RMSE": re.compile(r"rmse|root_mean|mean_squared", re.IGNORECASE),
    "MAE": re.compile(r"\bmae\b|_mae|mae_|mean_absolute|L1Loss", re.IGNORECASE),
    "MAPE": re.compile(r"mape|absolute_percentage", re.IGNORECASE),
    "F1": re.compile(r"f1|classification_report|fbeta", re.IGNORECASE),
    "AUC": re.compile(r"auc|BinaryClassificationEvaluator", re.IGNORECASE),
}
_OTHERS = re.compile(r"cross_val|GridSearch|scoring|evaluate\(|mlflow|evidently|performance_metrics|setup\(")
"""What may compute figures without naming them."""
_RENAMES = re.compile(r"\.columns\s*=|\.columns\.|\brename\(|set_axis|names\s*=|clean_names|column_names")
KEEPS = {
    "dump", "dumps", "save", "save_model", "save_weights", "save_pretrained", "save_checkpoint", "log_model",
    "to_pickle", "export", "to_onnx", "convert_sklearn", "write", "savez", "autolog", "register_model",
    "to_json", "save_to_disk", "push_to_hub", "upload_blob", "put_object", "ModelCheckpoint", "convert",
    "save_native",
}  # fmt: skip


def readme_promises(path: str, text: str, entries: Iterable[Entry], codes: Iterable[Code]) -> list[Sighting]:
    """Commands of the README whose file is not there, and measures that no code computes."""
    names = {entry.name.lower() for entry in entries}
    body = "\n".join(block.text for code in codes for block in code.blocks)
    found: list[Sighting] = []
    later = False
    for number, line in enumerate(searchable(text).split("\n"), start=1):
        if line.startswith("#"):
            later = bool(_LATER.search(line))
        if later or _LATER.search(line):
            continue
        at = Evidence(path, line=number)
        for written in _COMMAND.findall(line):
            name = written.replace("\\", "/").rsplit("/", 1)[-1]
            if name.lower() not in names and "your" not in name.lower():
                found.append(Sighting("readme_command", written, at))
        if body and not _OTHERS.search(body) and "http" not in line:
            for metric, computed in _METRICS.items():
                if re.search(rf"\b{metric}\b", line) and not computed.search(body):
                    found.append(Sighting("readme_metric", metric, at))
    return found


def kept(codes: Iterable[Code]) -> Iterator[Sighting]:
    """The first call in each file that could keep a model."""
    for code in codes:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Call):
                    last = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {})
                    if last.rsplit(".", 1)[-1] in KEEPS:
                        yield Sighting("keeps", last, code.at(node, block))
                        break


def other_spellings(project: Project, files: Files, data: Iterable[DataFile]) -> list[Sighting]:
    """Columns that code asks of a file which spells them otherwise: case, blanks, underscores."""
    texts = [block.text for code in project.codes for block in code.blocks]
    if any(_RENAMES.search(text) for text in texts):
        return []
    tables = {file.path: file for file in data if file.header and file.columns}
    made = {name for code in project.codes for block in code.blocks for name in _made(block.tree)}
    found: dict[str, Sighting] = {}
    for code in project.codes:
        for source, name, at in project.events(code).asked:
            file = tables.get(files.resolve(source, code.path) or source)
            if file is None or name in file.names or name in made:
                continue
            near = [other for other in file.names if _plain(other) == _plain(name) and _plain(name)]
            if near:
                found.setdefault(name, Sighting("column_spelling", name, at, f"{near[0]}|{file.path}"))
    return list(found.values())


def _made(tree: ast.AST) -> Iterator[str]:
    """Columns that code makes, and not of themselves."""
    for node in nodes_in(tree):
        if not isinstance(node, ast.Assign):
            continue
        asked = {
            part.slice.value
            for part in nodes_in(node.value)
            if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant)
        }
        for target in node.targets:
            key = target.slice if isinstance(target, ast.Subscript) else None
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value not in asked:
                yield key.value


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name).lower()
