"""Turns a captured model into ONNX: `python convert.py request.json`."""

from causeway_runner.request import answer

OPSET = {"": 17, "ai.onnx.ml": 3}


def convert(request):
    """Where the ONNX file lies and what it takes and gives, or the reason why there is none."""
    from causeway_runner import models
    from causeway_runner.networks import Network
    from causeway_runner.onnx_form import any_locale, as_written, held_together, inputs_of, own_names, tidied
    from causeway_runner.onnx_models import all_dense, plain, reason_of, single_only, single_trees
    from causeway_runner.onnx_networks import convert_network
    from causeway_runner.onnx_sparse import gaps_for_zeros

    model = models.load(request)
    if isinstance(model, Network):
        return convert_network(model, request)
    model = plain(model)
    if request["dtype"] == "float64" and single_only(model):
        return {"reason": "%s can be converted in single precision only" % single_only(model)}
    form, named, kinds = inputs_of(model, request["matrix"], request["dtype"])
    try:
        given = all_dense(gaps_for_zeros(model, request))
        converted = _to_onnx(single_trees(given) if request["dtype"] == "float64" else given, named)
    except Exception as error:
        return {"reason": reason_of(error, model)}
    own_names(converted, [name for name, _ in named])
    any_locale(converted)
    if not held_together(converted):
        return {"reason": "%s was converted to a graph that does not hold together" % type(model).__name__}
    tidied(converted, models.classes_of(model) if models.kind_of(model) == "classifier" else None)
    written = as_written(converted, request)
    there = written["input_names"]
    return dict(
        written,
        form=form,
        framework=type(model).__module__.split(".")[0],
        input_kinds=[kinds.get(name, "number") for name in there],
    )


def _to_onnx(model, named):
    from causeway_runner.models import kind_of
    from causeway_runner.onnx_models import options_of, register
    from skl2onnx import convert_sklearn

    register(model)
    options = options_of(model)
    if kind_of(model) == "classifier":
        options[id(model)] = {"zipmap": False}
    # without a name the converter draws one, and no two conversions have the same bytes
    return convert_sklearn(model, "model", named, target_opset=OPSET, options=options or None)


if __name__ == "__main__":
    answer(convert)
