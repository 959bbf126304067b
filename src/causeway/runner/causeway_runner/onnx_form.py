"""What a converted model takes and gives."""


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
