"""XGBoost takes what a sparse matrix leaves out for missing; a graph, which has no sparse ones, must too."""

from causeway_runner.columns import read_matrix
from causeway_runner.models import form_of


def gaps_for_zeros(model, request):
    """The pipeline with gaps for zeros before its XGBoost, where that was fitted on a sparse matrix."""
    steps = getattr(model, "steps", [])
    if len(steps) < 2 or not type(steps[-1][1]).__module__.startswith("xgboost"):
        return model
    rows = read_matrix(request["trace"], form_of(request["matrix"], model))[:5]
    if not hasattr(model[:-1].transform(rows), "toarray"):
        return model
    from sklearn.pipeline import Pipeline

    return Pipeline([*steps[:-1], ("gaps", gaps()), steps[-1]])


def gaps():
    """A step, known to the converter, that makes zeros missing."""
    from skl2onnx import update_registered_converter
    from sklearn.base import BaseEstimator, TransformerMixin

    class Gaps(TransformerMixin, BaseEstimator):
        pass

    update_registered_converter(Gaps, "CausewayGaps", shapes, convert)
    return Gaps()


def shapes(operator):
    """As wide as what goes in."""
    given = operator.inputs[0].type
    operator.outputs[0].type = type(given)([operator.inputs[0].get_first_dimension(), given.shape[1]])


def convert(scope, operator, container):
    """Zeros become missing, all else stays."""
    from onnx import TensorProto

    zero, gap, is_zero = (scope.get_unique_variable_name(name) for name in ("zero", "gap", "is_zero"))
    container.add_initializer(zero, TensorProto.FLOAT, [1], [0.0])
    container.add_initializer(gap, TensorProto.FLOAT, [1], [float("nan")])
    given, made = operator.inputs[0].full_name, operator.outputs[0].full_name
    container.add_node(
        "Equal", [given, zero], is_zero, name=scope.get_unique_operator_name("Equal"), op_version=11
    )
    container.add_node(
        "Where", [is_zero, gap, given], made, name=scope.get_unique_operator_name("Where"), op_version=9
    )
