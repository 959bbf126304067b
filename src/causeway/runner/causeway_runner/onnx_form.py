"""What a converted model takes and gives."""

from causeway_runner.request import packages

NEEDED = (
    "onnx", "skl2onnx", "onnxmltools", "scikit-learn", "xgboost", "lightgbm", "catboost",
    "tf2onnx", "tensorflow", "tensorflow-cpu", "keras", "torch", "onnxscript",
)  # fmt: skip


def inputs_of(model, matrix, dtype):
    """The form, the named input types for the converter, and each input's kind."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    number = DoubleTensorType if dtype == "float64" else FloatTensorType
    columns = matrix["columns"]
    if not any(column["kind"] == "text" for column in columns) and not by_name(model):
        return "matrix", [("X", number([None, len(columns)]))], {"X": "number"}
    kinds = {column["name"]: "text" if column["kind"] == "text" else "number" for column in columns}
    types = {"text": StringTensorType, "number": number}
    return "columns", [(name, types[kind]([None, 1])) for name, kind in kinds.items()], kinds


def by_name(model):
    """Whether a step picks its columns by name."""
    if hasattr(model, "transformers_"):
        chosen = [columns for _, _, columns in model.transformers_]
        return any(isinstance(c, str) or any(isinstance(one, str) for one in _listed(c)) for c in chosen)
    parts = [step for _, step in getattr(model, "steps", [])] + [
        t for _, t in getattr(model, "transformer_list", [])
    ]
    return any(by_name(part) for part in parts)


def _listed(columns):
    return columns if isinstance(columns, (list, tuple)) else []


def held_together(converted):
    """Whether the types in the graph fit each other; some converters leave single beside double precision."""
    import onnx

    try:
        onnx.checker.check_model(converted, full_check=True)
    except Exception:
        return False
    return True


def own_names(converted, names):
    """Gives the inputs their own names back, which the converter writes with letters and digits only."""
    given = {one.name: name for one, name in zip(converted.graph.input, names) if one.name != name}  # noqa: B905 - Python 3.8
    if len(converted.graph.input) != len(names):
        return
    for one in converted.graph.input:
        one.name = given.get(one.name, one.name)
    for node in converted.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = given.get(name, name)


def any_locale(converted):
    """Lets texts be lower-cased on machines without the locale that the converter assumes."""
    for node in converted.graph.node:
        if node.op_type == "StringNormalizer" and not any(a.name == "locale" for a in node.attribute):
            known = node.attribute.add()
            known.name, known.type, known.s = "locale", known.STRING, b"C.UTF-8"


def tidied(converted, classes):
    """Declares outputs with any number of rows: one declared row makes the runtime warn at each batch."""
    for place, one in enumerate(converted.graph.output):
        tensor = one.type.tensor_type
        width = [dim.dim_value for dim in tensor.shape.dim][1:]
        if classes is not None:
            width = [] if place == 0 else [len(classes)]
        tensor.shape.Clear()
        tensor.shape.dim.add().dim_param = "rows"
        for size in width:
            dim = tensor.shape.dim.add()
            if size:
                dim.dim_value = size


def as_written(converted, request):
    """Writes the graph, and tells of it what can be read from it."""
    with open(request["file"], "wb") as stream:
        stream.write(converted.SerializeToString(deterministic=True))
    known = {name.lower(): version for name, version in packages().items()}
    return {
        "file": request["file"],
        "input_names": [one.name for one in converted.graph.input],
        "output_names": [one.name for one in converted.graph.output],
        "dtype": request["dtype"],
        "opset": next(one.version for one in converted.opset_import if one.domain in ("", "ai.onnx")),
        "versions": {name: known[name] for name in NEEDED if name in known},
    }
