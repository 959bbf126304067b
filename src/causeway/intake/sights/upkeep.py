"""What makes a proof of concept hard to repeat: no seed, no use, other people's accounts, old manners."""

import ast
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import ModelFile, Sighting
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted, keyword
from causeway.intake.python.trees import nodes_in

SEEDS = {
    "seed", "set_seed", "manual_seed", "set_random_seed", "seed_everything", "manual_seed_all", "default_rng",
    "PRNGKey",
}  # fmt: skip
NETWORKS = {"keras", "tensorflow", "torch", "pytorch_lightning", "fastai"}
TRACKERS = {
    "wandb.init": "Weights & Biases", "wandb.login": "Weights & Biases", "neptune.init_run": "Neptune",
    "neptune.init": "Neptune", "comet_ml.Experiment": "Comet", "clearml.Task.init": "ClearML",
    "dagshub.init": "DagsHub",
}  # fmt: skip
OLD = {
    "XGBClassifier": ("use_label_encoder", "XGBoost ignores it"),
    "image": ("use_column_width", "today's Streamlit ignores it, width= took its place"),
    "select_dtypes": ("include", "pandas 3 calls texts str, not object"),
}
TOLD = {".yaml", ".yml", ".json", ".toml", ".sh", ".md", ".r", ".rmd"}
"""Files that may name a model without being Python."""
MAX_TOLD = 200
MAX_TOLD_BYTES = 50_000
ARTIFACTS = {"pickle", "compressed pickle", "joblib", "HDF5", "Keras", "ONNX", "torch"}


def seeds(codes: Iterable[Code]) -> list[Sighting]:
    """Where a seed is set, and where a network's library is used."""
    found: list[Sighting] = []
    for code in codes:
        known = aliases_of(code)
        tops = {name.lstrip(".").split(".")[0] for name in known.values()}
        for block in code.blocks:
            for node in nodes_in(block.tree):
                name = dotted(node.func, known) if isinstance(node, ast.Call) else ""
                if name and name.rsplit(".", 1)[-1] in SEEDS:
                    found.append(Sighting("seeded", name, code.at(node, block)))
        if tops & NETWORKS:
            found.append(Sighting("network_library", min(tops & NETWORKS), Evidence(code.path)))
    return found


def manners(codes: Iterable[Code]) -> list[Sighting]:
    """Calls that need an account elsewhere, and options that libraries are giving up."""
    found: list[Sighting] = []
    for code in codes:
        known = aliases_of(code)
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Call):
                    found += [
                        Sighting(what, value, code.at(node, block), why)
                        for what, value, why in _of(node, known)
                    ]
    return found


def _of(node: ast.Call, known: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    name = dotted(node.func, known)
    if name in TRACKERS and "offline" not in ast.unparse(node):
        yield "external", TRACKERS[name], name
    last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
    option, why = OLD.get(last, ("", ""))
    given = keyword(node, option) if option else None
    if last == "image" and not any(one.split(".")[0] == "streamlit" for one in known.values()):
        return
    meant = given is not None and (last != "select_dtypes" or "'object'" in ast.unparse(given))
    if meant:
        yield "deprecated", f"{last}({option}=)", why


def unused(codes: Iterable[Code], models: Iterable[ModelFile], entries: Iterable[Entry]) -> list[Sighting]:
    """Saved models that no code and no configuration names, and files of code without any."""
    codes, models, entries = list(codes), list(models), list(entries)
    text = "\n".join(block.text for code in codes for block in code.blocks)
    told = [entry for entry in entries if entry.suffix in TOLD and entry.size < MAX_TOLD_BYTES][:MAX_TOLD]
    text += "\n".join(read_text(entry.full, MAX_TOLD_BYTES).text for entry in told)
    found = [
        Sighting("unused_artifact", model.path, Evidence(model.path), model.estimator)
        for model in models
        if model.format in ARTIFACTS and "mlruns" not in model.path and not _named(model.path, text)
    ]
    empty = [
        Sighting("empty_code", entry.path, Evidence(entry.path))
        for entry in entries
        if entry.suffix == ".py" and entry.size <= 1 and entry.name != "__init__.py"
    ]
    return found + empty


def _named(path: str, text: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name in text or (len(name) > 6 and name.rsplit(".", 1)[0] in text)
