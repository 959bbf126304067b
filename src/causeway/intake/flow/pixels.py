"""Networks that learn from images which a data set of the folder's own opens."""

import ast
from collections.abc import Iterable, Sequence

from msgspec import structs

from causeway.core.poc import Training
from causeway.intake.estimators import PRETRAINED
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, dotted
from causeway.intake.python.trees import nodes_in

_SETS = {"Dataset", "Sequence", "PyDataset", "VisionDataset", "IterableDataset"}
_OPENS = {
    "PIL.Image.open", "Image.open", "cv2.imread", "torchvision.io.read_image", "skimage.io.imread",
    "imageio.imread", "imageio.v2.imread", "matplotlib.pyplot.imread", "pydicom.dcmread",
}  # fmt: skip
_TABULAR = {"tabnet", "TabNet", "LSTM", "GRU"}


def with_images(trainings: Sequence[Training], codes: Iterable[Code]) -> list[Training]:
    """The trainings, those of networks said to learn from images where the folder's data set opens them."""
    open_cases = [item for item in trainings if _untold(item)]
    if not open_cases:
        return list(trainings)
    opens = any(_opens_images(code) for code in codes)
    return [
        structs.replace(item, images=True)
        if _untold(item) and (opens or item.estimator.split(" ")[-1] in PRETRAINED)
        else item
        for item in trainings
    ]


def _untold(item: Training) -> bool:
    network = item.framework == "PyTorch" or "network" in item.estimator or item.estimator in PRETRAINED
    told = item.images or item.text or item.target or item.target_index is not None
    return network and not told and not any(word in item.estimator for word in _TABULAR)


def _opens_images(code: Code) -> bool:
    known = aliases_of(code)
    sets = [
        node
        for block in code.blocks
        for node in nodes_in(block.tree)
        if isinstance(node, ast.ClassDef)
        and {dotted(base, known).rsplit(".", 1)[-1] for base in node.bases} & _SETS
    ]
    return any(
        isinstance(inner, ast.Call) and dotted(inner.func, known) in _OPENS
        for node in sets
        for inner in ast.walk(node)
    )
