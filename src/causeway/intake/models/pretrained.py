"""Pretrained models that a folder loads as somebody else made them, and what they are for."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Guess, Sighting
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

_CLASS = re.compile(
    r"^(?:TF|Flax|ORT|OV)?(?P<family>[A-Z]\w*?)For(?P<task>SequenceClassification|TokenClassification|"
    r"QuestionAnswering|ImageClassification|AudioClassification|ObjectDetection|CTC|SpeechSeq2Seq|"
    r"ZeroShotImageClassification|SemanticSegmentation)$"
)
_KINDS = {
    "SequenceClassification": "text classification", "TokenClassification": "token classification",
    "QuestionAnswering": "question answering", "ImageClassification": "image classification",
    "AudioClassification": "audio classification", "ObjectDetection": "object detection",
    "CTC": "speech recognition", "SpeechSeq2Seq": "speech recognition",
    "ZeroShotImageClassification": "image classification", "SemanticSegmentation": "image segmentation",
    "sentiment-analysis": "text classification", "text-classification": "text classification",
    "zero-shot-classification": "text classification", "ner": "token classification",
    "token-classification": "token classification", "question-answering": "question answering",
    "image-classification": "image classification", "object-detection": "object detection",
    "automatic-speech-recognition": "speech recognition", "image-segmentation": "image segmentation",
    "audio-classification": "audio classification",
}  # fmt: skip
_LOADERS = {
    "whisper.load_model": ("Whisper", "speech recognition"),
    "ultralytics.YOLO": ("YOLO", "object detection"),
    "easyocr.Reader": ("EasyOCR", "text recognition in images"),
}
_FAMILIES = {"Bert": "BERT", "DistilBert": "DistilBERT", "Roberta": "RoBERTa",
             "XLMRoberta": "XLM-RoBERTa",
             "Albert": "ALBERT", "Deberta": "DeBERTa", "DebertaV2": "DeBERTa"}  # fmt: skip
_HUB = re.compile(r"^[\w.-]+/[\w.-]+$")


def pretrained(codes: Iterable[Code]) -> list[Sighting]:
    """Each load of a pretrained model: `value` is its name, `detail` what it is for and its family."""
    found: list[Sighting] = []
    origins: dict[str, str] = {}
    for code in codes:
        constants = _constants(code)
        known = aliases_of(code)
        loads = list(_loads(code, known, constants))
        found += loads
        hub = next((item.value for item in loads if _HUB.match(item.value)), "")
        origins |= {path: hub for path in _saved(code, constants) if hub}
    return [
        Sighting(item.what, origins.get(item.value, item.value), item.at, f"{item.detail}|{item.value}")
        for item in found
    ]


def _loads(code: Code, known: dict[str, str], constants: dict[str, str]) -> Iterator[Sighting]:
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if isinstance(node, ast.Call):
                name = dotted(node.func, known)
                kind, family = _told(name, node)
                if kind:
                    value = _text(_argument(node, name), constants)
                    yield Sighting("pretrained", value, code.at(node, block), f"{kind}|{family}")


def _told(name: str, node: ast.Call) -> tuple[str, str]:
    """What the call loads a model for, and the family of the model."""
    parts = name.split(".")
    if parts[-1] == "from_pretrained" and len(parts) > 1 and (found := _CLASS.match(parts[-2])):
        family = found["family"].removesuffix("Model")
        return _KINDS[found["task"]], "" if family == "Auto" else family
    if name == "transformers.pipeline" and node.args and isinstance(node.args[0], ast.Constant):
        return _KINDS.get(str(node.args[0].value), ""), ""
    family, kind = _LOADERS.get(name, ("", ""))
    return kind, family


def _argument(node: ast.Call, name: str) -> ast.expr | None:
    by_name = next(
        (item.value for item in node.keywords if item.arg in {"model", "pretrained_model_name_or_path"}), None
    )
    place = 1 if name == "transformers.pipeline" else 0
    return by_name or (node.args[place] if len(node.args) > place else None)


def _text(node: ast.expr | None, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    if isinstance(node, ast.Call) and len(node.args) == 2:  # os.getenv(name, default)
        return _text(node.args[1], constants)
    return ""


def _constants(code: Code) -> dict[str, str]:
    """Texts that names of this file stand for."""
    found: dict[str, str] = {}
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if (
                isinstance(node, ast.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0], ast.Name)
            ):
                text = _text(node.value, {})
                found |= {node.targets[0].id: text} if text else {}
    return found


def _saved(code: Code, constants: dict[str, str]) -> Iterator[str]:
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                path = _text(node.args[0], constants) if node.func.attr == "save_pretrained" else ""
                yield from [path] if path else []


def kind_and_model(seen: Iterable[Sighting], served: str) -> tuple[Guess, Guess]:
    """What the pretrained model that is served does, and what it is called."""
    loads = [item for item in seen if item.what == "pretrained"]
    loads.sort(key=lambda item: (item.at.path != served, item.at.path.endswith(".ipynb")))
    if not loads:
        return Guess(), Guess()
    first = loads[0]
    kind, family, written = first.detail.split("|", 2)
    kept = f", kept in {written}" if written and written != first.value else ""
    named = f" ({first.value}{kept})" if first.value else ""
    model = f"a pretrained {_FAMILIES.get(family, family) or 'model'}{named}, nothing is trained here"
    return Guess(kind, 0.85, (first.at,)), Guess(model, 0.85, (Evidence(first.at.path),))
