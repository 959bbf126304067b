"""Images that an app prepares otherwise than the training did: scale of pixels, order of colours, names."""
# ruff: noqa: SIM905 - lists of words read best as words

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import DataFile, Sighting
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of, constant, dotted, keyword
from causeway.intake.python.trees import nodes_in

FOLDERS = {"flow_from_directory", "image_dataset_from_directory", "ImageFolder"}
CODERS = {"LabelBinarizer", "LabelEncoder"}
OPENS = {"load_img", "img_to_array", "imread", "imdecode"}
LEARNS = {"fit", "fit_generator", "backward"}
OTHERWISE = set(
    "Normalize normalize ToTensor ImageDataGenerator convert_image_dtype img_as_float Rescaling rescale "
    "to_tensor standardize per_image_standardization Normalization".split()
)
IMAGING = {"keras", "PIL", "cv2", "torchvision", "tensorflow"}
PIXEL = 255
ALIKE = 0.0001


class Pixels(Struct):
    """What one file does with images."""

    code: Code
    calls: dict[str, Evidence]
    names: set[str]
    """The full names of what is called."""
    divided: Evidence | None = None
    """Where something is divided, by 255 or by anything else that is not a path's part."""
    by_255: bool = False
    generators: tuple[float | None, ...] = ()
    """For each generator of images, what it multiplies pixels by."""
    tensors: bool = False

    @property
    def learns(self) -> bool:
        """Whether it learns from folders of images."""
        return bool(LEARNS & self.calls.keys()) and bool(FOLDERS & self.calls.keys())

    @property
    def answers(self) -> bool:
        """Whether it opens an image for a model and learns nothing."""
        opens = bool(OPENS & self.calls.keys()) or "PIL.Image.open" in self.names
        asks = "predict" in self.calls or "no_grad" in self.calls or "inference_mode" in self.calls
        return opens and asks and not LEARNS & self.calls.keys()

    def first(self, names: Iterable[str]) -> Evidence:
        """Where the first of these is called, else the file."""
        return next((self.calls[name] for name in names if name in self.calls), Evidence(self.code.path))


def image_inputs(project: Project, data: Iterable[DataFile]) -> list[Sighting]:
    """Where an app prepares an image, and how the one training on images in the folder did it otherwise."""
    facts = [_pixels(code) for code in project.codes if set(_words(code)) & IMAGING]
    learning = [one for one in facts if one.learns]
    found: list[Sighting] = []
    if len(learning) == 1:
        for one in facts:
            if one.answers and one.code.notebook is None:
                found += _scaled(learning[0], _with_imports(one, facts, project))
                found += _coloured(learning[0], one)
    return [*found, *_named(project, data)]


def _words(code: Code) -> Iterator[str]:
    """The last parts of what a file imports."""
    for name in aliases_of(code).values():
        yield from name.split(".")


def _pixels(code: Code) -> Pixels:
    known = aliases_of(code)
    made = Pixels(code, {}, set())
    for block in code.blocks:
        for node in nodes_in(block.tree):
            if isinstance(node, ast.Call):
                name = dotted(node.func, known)
                last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rsplit(".", 1)[-1]
                made.calls.setdefault(last, code.at(node, block))
                made.names.add(name)
                if last == "ImageDataGenerator":
                    made.generators += (_factor(keyword(node, "rescale")),)
                # a function that is handed over is used as much as one that is called
                for part in (*node.args, *(item.value for item in node.keywords)):
                    given = dotted(part, known).rsplit(".", 1)[-1]
                    if given == "preprocess_input":
                        made.calls.setdefault(given, code.at(part, block))
            elif (by := _divisor(node)) is not None:
                made.divided = made.divided or code.at(node, block)
                made.by_255 = made.by_255 or constant(by) in {PIXEL, float(PIXEL)}
    return made


def _divisor(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return None if isinstance(constant(node.right), str) else node.right
    return node.value if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div) else None


def _factor(node: ast.expr | None) -> float | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        above, below = constant(node.left), constant(node.right)
        if isinstance(above, int | float) and isinstance(below, int | float) and below:
            return above / below
    value = constant(node)
    return float(value) if isinstance(value, int | float) else None


def _with_imports(one: Pixels, facts: Iterable[Pixels], project: Project) -> Pixels:
    """The same, with what the files do that it imports."""
    beside = [fact for fact in facts if fact.code.path in project.imported(one.code) - {one.code.path}]
    return Pixels(
        one.code,
        {**{name: at for fact in beside for name, at in fact.calls.items()}, **one.calls},
        one.names.union(*(fact.names for fact in beside)),
        next((fact.divided for fact in (one, *beside) if fact.divided), None),
        any(fact.by_255 for fact in (one, *beside)),
    )


def _scaled(taught: Pixels, served: Pixels) -> Iterator[Sighting]:
    place = served.first(("preprocess_input", "img_to_array", "load_img", "imread", "imdecode", "Normalize"))
    inside = {"Rescaling", "Normalization"} & taught.calls.keys()
    rescaled = [factor for factor in taught.generators if factor and abs(factor - 1 / PIXEL) < ALIKE]
    plain = served.divided is None and not OTHERWISE & served.calls.keys()
    if rescaled and len(rescaled) == len(taught.generators) and not inside and plain:
        yield from _pair("rescale", place, taught.first(("ImageDataGenerator",)))
    prepared = "preprocess_input" in taught.calls and not taught.divided and not any(taught.generators)
    if prepared and not inside and served.by_255 and "preprocess_input" not in served.calls:
        yield from _pair("preprocess", served.divided or place, taught.first(("preprocess_input",)))
    both = "ToTensor" in taught.calls and "ToTensor" in served.calls
    if both and "Normalize" in served.calls and not _normal(taught):
        yield from _pair("normalised", served.calls["Normalize"], taught.calls["ToTensor"])
    if both and "Normalize" in taught.calls and not _normal(served):
        yield from _pair("raw", served.calls["ToTensor"], taught.calls["Normalize"])


def _normal(one: Pixels) -> bool:
    """Whether pixels may be brought to a mean: here, in the weights' own transforms, or in another file."""
    words = set(_words(one.code))
    return bool({"Normalize", "normalize", "transforms", "BatchNorm2d"} & one.calls.keys()) or any(
        "Normal" in word or "transform" in word for word in words - {"transforms"}
    )


def _pair(how: str, served: Evidence, taught: Evidence) -> Iterator[Sighting]:
    yield Sighting("pixels_differ", how, served)
    yield Sighting("pixels_learned", how, taught)


def _coloured(taught: Pixels, served: Pixels) -> Iterator[Sighting]:
    """OpenCV gives blue first; what reads folders of images gives red first."""
    opened = [name for name in ("cv2.imread", "cv2.imdecode") if name in served.names]
    text = "\n".join(block.text for block in served.code.blocks)
    turned = any(word in text for word in ("cvtColor", "::-1", "GRAYSCALE", "fromarray", "PIL", "load_img"))
    plain = "color_mode" not in "\n".join(block.text for block in taught.code.blocks)
    own = any(name.startswith("cv2.") for name in taught.names)
    if opened and not turned and plain and not own:
        place = served.first((opened[0].rsplit(".", 1)[-1],))
        yield from _pair("colours", place, taught.first(sorted(FOLDERS)))


def _named(project: Project, data: Iterable[DataFile]) -> Iterator[Sighting]:
    """Lists of classes, chosen from by the answer's number, in another order than training counted them."""
    taught = [(code, at) for code in project.codes for at in _counted(code)]
    if not taught:
        return
    known = [{part.rsplit(": ", 1)[0] for part in file.parts} for file in data if file.parts]
    known += [set(column.categories) for file in data for column in file.columns if column.categories]
    printed = "\n".join(block.printed for code, _ in taught for block in code.blocks)
    for code in project.codes:
        if code.notebook is not None or any(code is one for one, _ in taught):
            continue
        for names, at in _lists(code):
            said = all(f"'{name}'" in printed or f'"{name}"' in printed for name in names)
            if names != sorted(names) and (set(names) in known or said):
                yield Sighting("classes_differ", ", ".join(names[:4]), at, ", ".join(sorted(names)[:4]))
                yield Sighting("classes_counted", "", taught[0][1])


def _counted(code: Code) -> Iterator[Evidence]:
    """Where classes are numbered in the order of the alphabet, in a file that learns from images."""
    calls = [
        (node, block) for block in code.blocks for node in nodes_in(block.tree) if isinstance(node, ast.Call)
    ]
    last = {
        id(node): node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func, {})
        for node, _ in calls
    }
    images = set(last.values()) & (FOLDERS | OPENS)
    ordered = any(keyword(node, "classes") or keyword(node, "class_names") for node, _ in calls)
    if images and not ordered and LEARNS & set(last.values()):
        own = FOLDERS if images & FOLDERS else CODERS
        yield from [code.at(node, block) for node, block in calls if last[id(node)] in own][:1]


def _lists(code: Code) -> Iterator[tuple[list[str], Evidence]]:
    """Lists of texts from which one is chosen by a number that an argmax gave."""
    for block in code.blocks:
        if "argmax" not in block.text:
            continue
        nodes = nodes_in(block.tree)
        asked = {
            node.value.id
            for node in nodes
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
        }
        for node in nodes:
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.List)):
                continue
            names = [constant(item) for item in node.value.elts]
            target = node.targets[0]
            texts = [name for name in names if isinstance(name, str)]
            if isinstance(target, ast.Name) and target.id in asked and len(texts) == len(names) > 1:
                yield texts, code.at(node, block)
