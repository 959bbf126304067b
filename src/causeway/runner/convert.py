"""Turns a captured model into ONNX: `python convert.py request.json`."""

from causeway_runner.request import answer, packages

OPSET = {"": 17, "ai.onnx.ml": 3}
NEEDED = ("onnx", "skl2onnx", "onnxmltools", "scikit-learn", "xgboost", "lightgbm")


def convert(request):
    """Where the ONNX file lies and what it takes and gives, or the reason why there is none."""
    from causeway_runner import models
    from causeway_runner.onnx_form import inputs_of, tidied
    from causeway_runner.onnx_models import plain, reason_of, single_only

    model = plain(models.load(request))
    if request["dtype"] == "float64" and single_only(model):
        return {"reason": "%s computes in single precision itself" % single_only(model)}
    form, named, kinds = inputs_of(model, request["matrix"], request["dtype"])
    try:
        converted = _to_onnx(model, named)
    except Exception as error:
        return {"reason": reason_of(error, model)}
    tidied(converted, models.classes_of(model) if models.kind_of(model) == "classifier" else None)
    with open(request["file"], "wb") as stream:
        stream.write(converted.SerializeToString(deterministic=True))
    there = [one.name for one in converted.graph.input]
    known = {name.lower(): version for name, version in packages().items()}
    return {
        "file": request["file"],
        "form": form,
        "framework": type(model).__module__.split(".")[0],
        "input_names": there,
        "input_kinds": [kinds.get(name, "number") for name in there],
        "output_names": [one.name for one in converted.graph.output],
        "dtype": request["dtype"],
        "opset": next(one.version for one in converted.opset_import if one.domain in ("", "ai.onnx")),
        "versions": {name: known[name] for name in NEEDED if name in known},
    }


def _to_onnx(model, named):
    from causeway_runner.onnx_models import register
    from skl2onnx import convert_sklearn

    register(model)
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    # without a name the converter draws one, and no two conversions have the same bytes
    return convert_sklearn(model, "model", named, target_opset=OPSET, options=options)


if __name__ == "__main__":
    answer(convert)
