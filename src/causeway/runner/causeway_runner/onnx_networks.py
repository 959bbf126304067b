"""A network's own export with the input and the outputs that every converted model here has."""

import os

from causeway_runner.networks import SOFTMAX, VALUE
from causeway_runner.onnx_form import as_written, held_together
from causeway_runner.request import said

TITLES = {"keras": "Keras", "tf_keras": "Keras", "torch": "PyTorch"}


def convert_network(network, request):
    """Where the ONNX file lies and what it takes and gives, or the reason why there is none."""
    name, module = network.title
    title = "%s of %s" % (name, TITLES.get(module, module))
    if request["dtype"] == "float64":
        return {"reason": "%s can be converted in single precision only" % title}
    columns = request["matrix"]["columns"]
    if any(column["kind"] == "text" for column in columns):
        return {"reason": "%s was fitted on texts, which no converter takes from it" % title}
    try:
        converted = converted_network(network, columns, request["file"])
    except Exception as error:
        return {"reason": "%s's own export to ONNX failed: %s" % (title, said(error)[:240])}
    if not held_together(converted):
        return {"reason": "%s was converted to a graph that does not hold together" % title}
    more = {"form": "matrix", "framework": module, "input_kinds": ["number"]}
    return dict(as_written(converted, request), **more)


def converted_network(network, columns, file):
    """The graph: a matrix X in, a value or a label and probabilities out."""
    import onnx

    raw = file + ".raw"
    try:
        network.body.export(raw)
        model = onnx.load(raw)
    finally:
        for path in (raw, raw + ".data"):
            if os.path.exists(path):
                os.remove(path)
    graph = Graph(model)
    graph.one_input(columns, network.body.shape)
    graph.as_answers(network)
    del model.metadata_props[:]
    model.doc_string = model.producer_version = ""
    return model


class Graph:
    """A graph whose ends are made anew."""

    def __init__(self, model):
        from onnx import helper

        self.model, self.graph, self.helper = model, model.graph, helper
        if len(self.graph.input) != 1 or len(self.graph.output) != 1:
            raise NotImplementedError("a network with several inputs or outputs")
        self.opset = next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))

    def add(self, kind, given, out, **settings):
        """One step at the end."""
        self.graph.node.append(self.helper.make_node(kind, given, [out], name="causeway_" + out, **settings))
        return out

    def constant(self, name, values, *, whole=False):
        """Numbers that a step takes."""
        from onnx import TensorProto

        kind = TensorProto.INT64 if whole else TensorProto.FLOAT
        self.graph.initializer.append(self.helper.make_tensor(name, kind, [len(values)], values))
        return name

    def one_input(self, columns, shape):
        """Lets it take a matrix of numbers with any number of rows."""
        from onnx import TensorProto

        own = self.graph.input[0]
        kind, name, known = own.type.tensor_type.elem_type, own.name, []
        given = "X"
        if name == "X":
            self.renamed("X", "network_X")
            name = "network_X"
        if len(shape) > 1:
            sides = self.constant("network_sides", [-1, *shape], whole=True)
            known.append(
                self.helper.make_node("Reshape", [given, sides], ["X_shaped"], name="causeway_shape")
            )
            given = "X_shaped"
        known.append(self.helper.make_node("Cast", [given], [name], name="causeway_fed", to=kind))
        nodes = known + list(self.graph.node)
        del self.graph.node[:]
        self.graph.node.extend(nodes)
        del self.graph.input[:]
        self.graph.input.append(
            self.helper.make_tensor_value_info("X", TensorProto.FLOAT, ["rows", len(columns)])
        )

    def renamed(self, name, other):
        """Gives what flows between steps another name."""
        for node in self.graph.node:
            for place, one in enumerate(node.input):
                if one == name:
                    node.input[place] = other

    def as_answers(self, network):
        """Ends it in one value a row, or in a label and the probability of each class."""
        from onnx import TensorProto

        out = self.graph.output[0].name
        del self.graph.output[:]
        declared = self.helper.make_tensor_value_info
        width = max(len(network.classes_), 1)
        if network.head == VALUE:
            self.add("Reshape", [out, self.constant("one_column", [-1, 1], whole=True)], "variable")
            self.graph.output.append(declared("variable", TensorProto.FLOAT, ["rows", 1]))
            return
        wide = width if network.head == SOFTMAX else 1
        flat = self.add("Reshape", [out, self.constant("columns", [-1, wide], whole=True)], "network_out")
        place = self.shares(network, flat)
        names = self.constant("classes", [int(one) for one in network.classes_], whole=True)
        self.add("Gather", [names, place], "label")
        self.graph.output.append(declared("label", TensorProto.INT64, ["rows"]))
        self.graph.output.append(declared("probabilities", TensorProto.FLOAT, ["rows", width]))

    def shares(self, network, flat):
        """The probabilities, and the name of each row's place among the classes."""
        from onnx import TensorProto

        if network.head == SOFTMAX:
            self.add("Softmax" if network.scores else "Identity", [flat], "probabilities")
            return self.add("ArgMax", [flat], "place", axis=1, keepdims=0)
        likely = self.add("Sigmoid", [flat], "likely") if network.scores else flat
        rest = self.add("Sub", [self.constant("whole", [1.0]), likely], "rest")
        self.add("Concat", [rest, likely], "probabilities", axis=1)
        line = self.constant("line", [0.0 if network.scores else 0.5])
        above = self.add("Greater", [flat, line], "above")
        whole = self.add("Cast", [above], "whole_above", to=TensorProto.INT64)
        return self.add("Reshape", [whole, self.constant("any_rows", [-1], whole=True)], "place")
