"""CatBoost's own export to ONNX, as a step that the converter of pipelines takes."""

from causeway_runner.models import kind_of

TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")


def ready_catboost(part):
    """Makes the converter know this model; raises what CatBoost says where it cannot be exported."""
    from skl2onnx import update_registered_converter

    trees_of(part)
    update_registered_converter(
        type(part),
        "CatBoost" + type(part).__name__,
        shapes,
        convert,
        parser=parsed,
        options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
    )


def trees_of(part):
    """The one node that holds the trees."""
    from catboost.utils import convert_to_onnx_object

    nodes = [node for node in convert_to_onnx_object(part).graph.node if node.op_type in TREES]
    if len(nodes) != 1:
        raise NotImplementedError("CatBoost's export is not one ensemble of trees")
    return nodes[0]


def parsed(scope, model, inputs, custom_parsers=None):  # noqa: ARG001 - the converter's own shape
    """Declares what comes out of it."""
    from skl2onnx._parse import _get_sklearn_operator_name
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    operator = scope.declare_local_operator(_get_sklearn_operator_name(type(model)), model)
    operator.inputs = inputs
    if kind_of(model) != "classifier":
        operator.outputs.append(scope.declare_local_variable("variable", FloatTensorType()))
        return operator.outputs
    texts = any(isinstance(one, str) for one in model.classes_)
    label = StringTensorType() if texts else Int64TensorType()
    operator.outputs.append(scope.declare_local_variable("label", label))
    operator.outputs.append(scope.declare_local_variable("probabilities", FloatTensorType()))
    return operator.outputs


def shapes(operator):
    """The shapes of what comes out."""
    rows = operator.inputs[0].get_first_dimension()
    if len(operator.outputs) == 1:
        operator.outputs[0].type.shape = [rows, 1]
        return
    operator.outputs[0].type.shape = [rows]
    operator.outputs[1].type.shape = [rows, len(operator.raw_operator.classes_)]


def convert(scope, operator, container):
    """Puts the trees into the graph, fed in single precision."""
    from onnx import TensorProto, helper
    from skl2onnx.common._apply_operation import apply_cast

    node = trees_of(operator.raw_operator)
    fed = scope.get_unique_variable_name("single")
    apply_cast(scope, operator.inputs[0].full_name, fed, container, to=TensorProto.FLOAT)
    attributes = {one.name: plain(helper.get_attribute_value(one)) for one in node.attribute}
    outputs = [one.full_name for one in operator.outputs]
    attributes["name"] = scope.get_unique_operator_name(node.op_type)
    container.add_node(node.op_type, [fed], outputs, op_domain="ai.onnx.ml", op_version=1, **attributes)


def plain(value):
    """An attribute's value as the graph's maker takes it."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value
