"""What prepared a model's inputs and no file keeps; networks whose last layer learned nothing."""

import ast
from collections.abc import Iterator

from causeway.core.poc import Sighting
from causeway.intake.estimators import TRANSFORMERS
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.opened import imported_near, importers

PREPARES = {"scale": "#scaled", "text": "#text"}
INSIDE = {"Pipeline", "make_pipeline", "ColumnTransformer", "make_column_transformer", "Normalization",
          "TextVectorization", "PMMLPipeline", "log_artifact", "log_artifacts", "HashingVectorizer",
          "Normalizer", "PolynomialFeatures", "KBinsDiscretizer", "setup"}  # fmt: skip
KEPT = (
    "mean_",
    "scale_",
    "data_min_",
    "data_max_",
    "vocabulary_",
    "center_",
    "idf_",
    "word_index",
    "to_json",
)
HEADS = {"fc", "classifier", "head", "heads", "last_linear"}
FILLS = {"load_state_dict", "load", "load_weights", "load_model", "load_from_checkpoint", "from_pretrained",
         "hf_hub_download", "backward", "fit", "load_checkpoint", "jit.load"}  # fmt: skip


def unsaved(project: Project) -> list[Sighting]:
    """Saved models whose preparation is saved nowhere, and networks that answer with a fresh last layer."""
    found: list[Sighting] = []
    for code in project.codes:
        found += _preparations(project, code)
        found += _fresh_heads(project, code)
    loading = [Sighting("load", "", load.at) for code in project.codes for load in project.events(code).loads]
    return [*found, *importers(project, loading)]


def _preparations(project: Project, code: Code) -> Iterator[Sighting]:
    events = project.events(code)
    models = [item for item in events.saved if item.what == "model" and item.path]
    if not models or any(item.what in {"transformer", "other"} for item in events.saved):
        return
    nodes = [node for block in code.blocks for node in nodes_in(block.tree)]
    known = aliases_of(code)
    called = [dotted(node.func, known).rsplit(".", 1)[-1] for node in nodes if isinstance(node, ast.Call)]
    kept = any(isinstance(node, ast.Attribute) and node.attr in KEPT for node in nodes)
    if kept or INSIDE & set(called):
        return
    for sort, mark in PREPARES.items():
        names = [name for name in called if TRANSFORMERS.get(name) == sort and name not in INSIDE]
        taught = {
            fit.estimator.ident: fit
            for fit in events.fits
            if fit.features is not None and mark in fit.features.cleaned and not fit.estimator.steps
        }
        raw = {fit.estimator.ident for fit in events.fits} - taught.keys()
        saved = [item for item in models if item.estimator in taught and item.estimator not in raw]
        if names and saved:
            model = taught[saved[-1].estimator].estimator.name
            yield Sighting("unsaved_preparation", names[0], saved[-1].at, f"{model}|{saved[-1].path}")
            return


def _fresh_heads(project: Project, code: Code) -> Iterator[Sighting]:
    """`net.fc = nn.Linear(...)` in a file that answers, and neither loads weights nor learns."""
    if code.notebook is not None:
        return
    known = aliases_of(code)
    if not any(name.startswith("torchvision") for name in known.values()):
        return
    nodes = [(node, block) for block in code.blocks for node in nodes_in(block.tree)]
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, known)
        for node, _ in nodes
        if isinstance(node, ast.Call)
    }
    if FILLS & called or not {"eval", "no_grad"} <= called or not {"softmax", "argmax", "max"} & called:
        return
    for node, block in nodes:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        value = node.value if isinstance(node, ast.Assign) else None
        if not (isinstance(target, ast.Attribute) and target.attr in HEADS and isinstance(value, ast.Call)):
            continue
        if dotted(value.func, known) == "torch.nn.Linear":
            users = [one.path for one in project.codes if code.path in imported_near(project, one)]
            yield Sighting("fresh_head", ast.unparse(target), code.at(node, block), "|".join(users))
            return
