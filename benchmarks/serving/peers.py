"""The gateway beside the model servers that people install, in one run, each with its own defaults.

    python benchmarks/serving/peers.py fastapi=PYTHON mlserver=PYTHON kserve=PYTHON mlflow=PYTHON \
        litserve=PYTHON bentoml=PYTHON [--seconds 3] [--rounds 2] [--connections 32] [--rows 1]

Each NAME=PYTHON is the interpreter of an environment of its own; what is left out is left out of the table:

    fastapi    pip install fastapi uvicorn uvloop httptools scikit-learn joblib onnxruntime
    mlserver   pip install mlserver==1.7.1 mlserver-sklearn==1.7.1 "uvloop<0.22"
    kserve     pip install kserve scikit-learn
    mlflow     pip install mlflow scikit-learn
    litserve   pip install litserve scikit-learn
    bentoml    pip install bentoml scikit-learn

The same logistic regression on 20 numbers, fitted by each peer's own packages. `echo` is a bare asyncio
protocol on uvloop and httptools that sends a body back: the most that Python can do. A CPU-second is one of
the server and of every process that it started. The ratios are to the first.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import compare
from compare import RECORDS, Server
from models import KINDS, ROW

HERE = Path(__file__).parent
PORT = 18_800
Started = Callable[[], AbstractContextManager[Server]]


@contextmanager
def process(
    name: str, command: Sequence[object], *, path: str, body: object, port: int, into: Path, **more: str
) -> Iterator[Server]:
    """A server in a session of its own, which is ended whole."""
    with (into / f"{name.replace(' ', '-')}.log").open("wb") as log:
        running = subprocess.Popen(
            list(map(str, command)),
            cwd=into,
            env={**os.environ, **more},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            content = json.dumps(body).encode()
            yield Server(name, path, content, {"content-type": "application/json"}, running.pid, port)
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


def tensor(rows: int) -> dict[str, object]:
    """The Open Inference Protocol's body with one tensor."""
    data = list(ROW.values()) * rows
    return {"inputs": [{"name": "x", "shape": [rows, len(ROW)], "datatype": "FP64", "data": data}]}


def mlserver(python: str, model: Path, into: Path, rows: int) -> AbstractContextManager[Server]:
    folder = into / "mlserver"
    folder.mkdir(exist_ok=True)
    port = PORT + 1
    ports = {"http_port": port, "grpc_port": port + 50, "metrics_port": port + 60}
    (folder / "settings.json").write_text(json.dumps({"host": "127.0.0.1", **ports}))
    said = {"name": "m", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": str(model)}}
    (folder / "model-settings.json").write_text(json.dumps(said))
    command = [Path(python).parent / "mlserver", "start", folder]
    return process("MLServer", command, path="/v2/models/m/infer", body=tensor(rows), port=port, into=into)


def kserve(python: str, model: Path, into: Path, rows: int) -> AbstractContextManager[Server]:
    port = PORT + 2
    command = [python, HERE / "kserve_app.py", "--http_port", port, "--enable_grpc", "false"]
    path = "/v2/models/m/infer"
    return process("KServe", command, path=path, body=tensor(rows), port=port, into=into, MODEL=str(model))


def mlflow(
    python: str, model: Path, into: Path, rows: int, *, signature: bool = False
) -> AbstractContextManager[Server]:
    name = "mlflow models serve" + (", signature" if signature else "")
    saved, port = into / name.replace(" ", "-"), PORT + (7 if signature else 3)
    if not saved.exists():
        code = (
            "import sys, json, joblib, mlflow.sklearn, pandas\n"
            "from mlflow.models import infer_signature\n"
            "model, row = joblib.load(sys.argv[1]), pandas.DataFrame([json.loads(sys.argv[3])])\n"
            "signature = infer_signature(row, model.predict(row)) if sys.argv[4] else None\n"
            "mlflow.sklearn.save_model(\n"
            "    model, sys.argv[2], serialization_format='cloudpickle', signature=signature)"
        )
        arguments = (str(model), str(saved), json.dumps(ROW), "1" if signature else "")
        subprocess.run([python, "-c", code, *arguments], check=True, capture_output=True)
    command = [python, "-m", "mlflow", "models", "serve", "-m", saved, "-p", port, "--env-manager", "local"]
    body = {"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())] * rows}}
    bins = f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"
    return process(name, command, path="/invocations", body=body, port=port, into=into, PATH=bins)


def litserve(python: str, model: Path, into: Path, rows: int) -> AbstractContextManager[Server]:
    port = PORT + 4
    body = {"rows": [list(ROW.values())] * rows}
    command = [python, HERE / "litserve_app.py", port]
    return process("LitServe", command, path="/predict", body=body, port=port, into=into, MODEL=str(model))


def bentoml(python: str, model: Path, into: Path, rows: int) -> AbstractContextManager[Server]:
    port = PORT + 5
    body = {"rows": [list(ROW.values())] * rows}
    app = "bentoml_app:Model"
    serve = [
        python,
        "-m",
        "bentoml",
        "serve",
        app,
        "--working-dir",
        HERE,
        "--port",
        port,
        "--host",
        "127.0.0.1",
    ]
    return process("BentoML", serve, path="/predict", body=body, port=port, into=into, MODEL=str(model))


def echo(into: Path, rows: int) -> AbstractContextManager[Server]:
    port = PORT + 6
    body = {"dataframe_records": [ROW] * rows}
    command = [sys.executable, HERE / "echo_app.py", port]
    return process("echo, a bare protocol", command, path="/", body=body, port=port, into=into)


PEERS = {
    "mlserver": (mlserver,),
    "kserve": (kserve,),
    "litserve": (litserve,),
    "bentoml": (bentoml,),
    "mlflow": (mlflow, partial(mlflow, signature=True)),
}
"""By the name of the environment; MLflow also with a signature, which it checks as others check theirs."""


def servers_of(pythons: Mapping[str, str], folder: Path, rows: int) -> list[Started]:
    """Every server of this run, with models that are fitted when first asked for."""
    kind = KINDS["lr"]
    poc, key = compare.made(folder, kind)
    servers: list[Started] = []
    if python := pythons.get("fastapi"):
        model = folder / "fastapi.joblib"
        compare.peer_model(python, kind, poc, model)
        onnx = next((poc / ".causeway" / "releases").glob("*/model.onnx"))
        servers += [
            partial(compare.fastapi, python, "FastAPI, scikit-learn", [ROW] * rows, MODEL=str(model)),
            partial(
                compare.fastapi,
                python,
                "FastAPI, ONNX, log",
                [ROW] * rows,
                ONNX=str(onnx),
                LOG=str(folder / "log"),
            ),
        ]
    for name, started in PEERS.items():
        if python := pythons.get(name):
            model = folder / f"{name}.joblib"
            compare.peer_model(python, kind, poc, model)
            servers += [partial(each, python, model, folder, rows) for each in started]
    servers += [partial(compare.gateway, poc, folder, key, records, [ROW] * rows) for records in RECORDS]
    return [*servers, partial(echo, folder, rows)]


def tree_cpu(pid: int) -> float:
    """CPU-seconds of a process and of all that it started and that still run."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    wanted, found = {pid}, {pid}
    while found:
        found = {child for child, parent in parents.items() if parent in found} - wanted
        wanted |= found
    return sum(compare.cpu_seconds(each) for each in wanted if Path(f"/proc/{each}").exists())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peers", nargs="*", metavar="NAME=PYTHON")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rows", type=int, default=1)
    asked = parser.parse_args()
    pythons = dict(each.split("=", 1) for each in asked.peers)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        servers = servers_of(pythons, folder, asked.rows)
        rounds = (
            compare.loaded_in_turns(servers, folder, asked, asked.connections, cpu=tree_cpu)
            for _ in range(asked.rounds)
        )
        print(f"{asked.rows} rows a request, connections: {asked.connections}")
        compare.show(compare.best_of(rounds))


if __name__ == "__main__":
    main()
