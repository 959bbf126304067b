"""What an app brings onto the disk as it runs: weights from an address, temporary files that stay."""

import ast
import re
from collections.abc import Iterable, Iterator

from causeway.core.poc import Sighting
from causeway.intake.python.code import Block, Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.serving import framework_of

_FETCHES = {"urllib.request.urlretrieve", "gdown.download", "wget.download", "torch.hub.download_url_to_file",
            "urlretrieve"}  # fmt: skip
_WEIGHTS = re.compile(
    r"\.(?:pt|pth|h5|hdf5|keras|pkl|pickle|joblib|onnx|tflite|weights|caffemodel|safetensors|bin|sav|zip)\b",
    re.IGNORECASE,
)
_CHECKED = re.compile(r"sha256|sha1|md5|hashlib|hash_prefix|known_hash|checksum", re.IGNORECASE)
_TAKES = re.compile(r"file_uploader|UploadFile|request\.files|camera_input")
_DELETES = re.compile(r"os\.(?:remove|unlink)|\.unlink\(|rmtree|delete_on_close|TemporaryDirectory")


def fetched(codes: Iterable[Code]) -> Iterator[Sighting]:
    """Models that an app fetches from an address unchecked, and uploads that stay as temporary files."""
    for code in codes:
        known = aliases_of(code)
        if code.notebook is not None or framework_of(code, known) is None:
            continue
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if isinstance(node, ast.Call):
                    yield from _weights(code, block, node, known)
                    yield from _left_behind(code, block, node, known)


def _weights(code: Code, block: Block, node: ast.Call, known: dict[str, str]) -> Iterator[Sighting]:
    if dotted(node.func, known) not in _FETCHES or _CHECKED.search(block.text):
        return
    given = [*node.args, *(item.value for item in node.keywords)]
    texts = [text for item in given for text in _texts(item, block)]
    named = next((text for text in texts if _WEIGHTS.search(text)), "")
    if named:
        yield Sighting("fetched_model", named.rsplit("/", 1)[-1][:60], code.at(node, block))


def _texts(node: ast.expr, block: Block) -> Iterator[str]:
    if isinstance(node, ast.Name):
        for part in nodes_in(block.tree):
            if isinstance(part, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == node.id for target in part.targets
            ):
                yield str(constant(part.value) or "")
    else:
        yield str(constant(node) or "")


def _left_behind(code: Code, block: Block, node: ast.Call, known: dict[str, str]) -> Iterator[Sighting]:
    last = dotted(node.func, known).rsplit(".", 1)[-1]
    stays = last == "mkstemp" or (last == "NamedTemporaryFile" and constant(keyword(node, "delete")) is False)
    if stays and _TAKES.search(block.text) and not _DELETES.search(block.text):
        yield Sighting(
            "left_behind", f"{last}(delete=False)" if last != "mkstemp" else last, code.at(node, block)
        )
