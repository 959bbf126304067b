"""What ten times too many requests do to the gateway: goodput, and how long those who are let in wait.

python benchmarks/serving/overload.py [SECONDS] [--light] [--long]

A model that takes some 6 milliseconds a row (a chain of sines over a wide row; nothing is saved by answering
rows together) is made, signed, and served by the real gateway. The load comes from a process of its own, open
loop: requests are due at fixed times, whatever became of those before, on many connections. First loads
around what one processor can answer are tried, for the peak; then the load of the peak and ten times what
one can answer, in turn. Times count from when a request was sent.

Generator and gateway share the machine's processors. The generator writes prepared bytes and reads no more of
an answer than its status; how much later than due it sent, as it had no processor, is told with the figures.
With --light the model takes about one millisecond a row. With --long every request goes the way through ASGI.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "gateway"))

import numpy as np
import onnx
from bundle_made import OUTPUTS, SigningKey, release_of, written
from gateway_process import BEARER, Gateway, key, route, running
from onnx import TensorProto, helper, numpy_helper

from causeway.core.features import Features, Numeric, write_features
from causeway.core.release import Field

WIDTH, SINES, LIGHT_SINES = 8192, 300, 45
CONNECTIONS = 900
LOADS = (0.8, 1.2, 2.0)
OVER = 10.0
ROUNDS = 3
GENERATOR = Path(__file__).with_name("open_loop.py")
FIELDS = (Field("tenure", "number", minimum=0, maximum=80),)


def main() -> None:
    words = sys.argv[1:]
    seconds = next((float(word) for word in words if word[0] != "-"), 3.0)
    if "--long" in words:
        os.environ["CAUSEWAY_FASTLANE"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        signing = SigningKey()
        sines = LIGHT_SINES if "--light" in words else SINES
        bundle = slow_bundle(Path(folder) / "bundles", signing, sines=sines)
        with running(
            Path(folder) / "gateway", route("churn", bundle, signing=signing, keys=(key(),))
        ) as gateway:
            story(gateway, seconds)


def story(gateway: Gateway, seconds: float) -> None:
    capacity = closed_loop(gateway)
    print(f"one caller after another: {1000 / capacity:.1f} ms of a processor each")
    found = [measured(gateway, rate=capacity * times, seconds=seconds) for times in LOADS]
    best = max(range(len(LOADS)), key=lambda n: found[n]["good"])
    rates = capacity * LOADS[best], capacity * OVER
    # in turn, so that what else the machine does befalls both
    rounds = [[measured(gateway, rate=rate, seconds=seconds) for rate in rates] for _ in range(ROUNDS)]
    good, spent = (
        [sum(each[n][what] for each in rounds) for n in (0, 1)] for what in ("good", "cpu_seconds")
    )
    answered = [sum(each[n]["answered"] for each in rounds) for n in (0, 1)]
    of_cpu = answered[1] / spent[1] / (answered[0] / spent[0])
    print(f"{OVER:.0f} x: {good[1] / good[0]:.0%} of the answers in time, {of_cpu:.0%} per CPU-second")


def measured(gateway: Gateway, *, rate: float, seconds: float) -> dict:
    before = cpu_seconds(gateway)
    told = load(gateway, rate=rate, seconds=seconds)
    told["cpu_seconds"] = cpu_seconds(gateway) - before
    print(
        f"{rate:6,.0f} due/s, {told['good'] / seconds:5,.0f} answered/s, "
        f"{told['answered'] / told['cpu_seconds']:5,.0f} per CPU-second, of which it had "
        f"{told['cpu_seconds'] / seconds:.2f} a second; "
        f"p50 {told['p50_ms']:.0f} ms, p99 {told['p99_ms']:.0f} ms; "
        f"{told['refused']:,} refused, p99 {told['refused_p99_ms']:.0f} ms; {told['unsent']:,} not sent; "
        f"{told['failed']} failed; sent p99 {told['late_p99_ms']:.0f} ms late"
    )
    return told


def closed_loop(gateway: Gateway, calls: int = 200) -> float:
    """Answers in a second of a processor, where each request waits for the answer before."""
    request = request_bytes(gateway.port)
    with socket.create_connection(("127.0.0.1", gateway.port)) as caller:
        for count in (20, calls):
            began = cpu_seconds(gateway)
            for _ in range(count):
                caller.sendall(request)
                caller.recv(65536)
    return calls / max(cpu_seconds(gateway) - began, 0.01)


def cpu_seconds(gateway: Gateway) -> float:
    fields = Path(f"/proc/{gateway.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def load(gateway: Gateway, *, rate: float, seconds: float) -> dict:
    told = subprocess.run(
        [sys.executable, str(GENERATOR), str(gateway.port), f"{rate:.1f}", str(seconds), str(CONNECTIONS)],
        input=request_bytes(gateway.port),
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(told.stdout)


def request_bytes(port: int) -> bytes:
    body = json.dumps({"dataframe_records": [{"tenure": 5.5}]}).encode()
    head = (
        f"POST /products/churn/invocations HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        f"authorization: Bearer {BEARER}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def slow_bundle(folder: Path, signing: SigningKey, *, sines: int) -> tuple[str, Path]:
    features = Features(columns=("tenure",), rules=(Numeric("tenure"),), domains={})
    files = {"model.onnx": slow_onnx(sines), "features.json": write_features(features)}
    return written(folder, signing, release_of(fields=FIELDS, outputs=OUTPUTS, files=files), files)


def slow_onnx(sines: int) -> bytes:
    nodes = [helper.make_node("MatMul", ["X", "W"], ["h0"])]
    nodes += [helper.make_node("Sin", [f"h{i}"], [f"h{i + 1}"]) for i in range(sines)]
    nodes += [
        helper.make_node("MatMul", [f"h{sines}", "V"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    weights = np.random.default_rng(7)
    graph = helper.make_graph(
        nodes,
        "slow",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 1])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [
            numpy_helper.from_array(weights.normal(size=(1, WIDTH)).astype(np.float32), "W"),
            numpy_helper.from_array(weights.normal(size=(WIDTH, 2)).astype(np.float32), "V"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


if __name__ == "__main__":
    main()
