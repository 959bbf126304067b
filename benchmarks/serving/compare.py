"""The gateway beside the FastAPI apps that people write, in one run.

    python -m venv PEERS
    PEERS/bin/pip install fastapi uvicorn uvloop httptools scikit-learn joblib onnxruntime
    python benchmarks/serving/compare.py PYTHON [--model lr|gb|lgb|text] [--seconds 4] [--rounds 2]

A logistic regression on 20 numbers (or gradient boosting, LightGBM, a text's TF-IDF), shipped by `causeway
run` and `ship`. `wrk`, with one thread, asks for one row over 32 connections, for one over one, and for 100
rows over 32. Servers take turns. A CPU-second is one of the server's process, as the kernel counts it. The
ratios are to the first. LightGBM has to be installed beside the peers, too.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

from models import KINDS, Kind, fitting, write

RECORDS = ("off", "async", "durable")
CAUSEWAY = [sys.executable, "-m", "causeway"]


@dataclass(frozen=True)
class Server:
    """A process that answers, and how it is asked."""

    name: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    pid: int
    port: int


@dataclass
class Seen:
    """What one load showed."""

    requests: float
    per_cpu: float
    p50: str
    p99: str
    failed: int


def made(folder: Path, kind: Kind) -> tuple[Path, str]:
    """The proof of concept, shipped; and the key that opens it."""
    poc = folder / "poc"
    os.environ["CAUSEWAY_KEYS"] = str(folder / "keys")
    write(kind, poc)
    for verb in ("init", "run"):
        causeway(verb, poc)
    return poc, json.loads(causeway("ship", poc, "--yes", "--json"))["token"]


def causeway(verb: str, poc: Path, *more: str) -> str:
    done = subprocess.run([*CAUSEWAY, verb, str(poc), *more], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def peer_model(python: str, kind: Kind, poc: Path, into: Path) -> None:
    """The same model, fitted and saved by the peer's own packages."""
    subprocess.run([python, "-c", fitting(kind, poc, into)], check=True)


@contextmanager
def gateway(
    poc: Path, folder: Path, key: str, records: str, body: object, *, lane: str = "1"
) -> Iterator[Server]:
    routes = json.loads((poc / ".causeway" / "routes.json").read_text())
    for route in routes["routes"]:
        route["requests_per_minute"], route["records"] = None, records
    file, port = folder / f"routes-{records}.json", folder / "port"
    file.write_text(json.dumps(routes))
    port.unlink(missing_ok=True)
    environment = {**os.environ, "CAUSEWAY_FASTLANE": lane}
    command = [sys.executable, "-m", "causeway.gateway", "--routes", file, "--records", folder / records]
    process = subprocess.Popen(
        [*map(str, command), "--port-file", str(port)], stderr=subprocess.DEVNULL, env=environment
    )
    try:
        while not port.exists():
            time.sleep(0.05)
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        body = json.dumps({"dataframe_records": body}).encode()
        yield Server(
            f"causeway, records {records}" + (", all ASGI" if lane == "0" else ""),
            "/products/poc/invocations",
            body,
            headers,
            process.pid,
            int(port.read_text()),
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextmanager
def fastapi(
    python: str, name: str, asked: object, *, app: str = "fastapi_app", **environment: str
) -> Iterator[Server]:
    port = 18_700 + 10 * len(app) + len(environment)
    here = Path(__file__).parent
    command = [
        python,
        "-m",
        "uvicorn",
        f"{app}:app",
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(command, cwd=here, env={**os.environ, **environment})
    try:
        body = json.dumps({"rows": asked}).encode()
        yield Server(name, "/predict", body, {"content-type": "application/json"}, process.pid, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def answered(server: Server) -> None:
    """Waits until it answers."""
    for _ in range(1_800):
        try:
            url = f"http://127.0.0.1:{server.port}{server.path}"
            with urlopen(Request(url, server.body, dict(server.headers))) as got:
                got.read()
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{server.name} does not answer")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def loaded(
    server: Server,
    folder: Path,
    *,
    connections: int,
    seconds: float,
    cpu: Callable[[int], float] = cpu_seconds,
) -> Seen:
    script = folder / "ask.lua"
    headers = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in server.headers.items())
    script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{server.body.decode()}]==]\n{headers}')
    url = f"http://127.0.0.1:{server.port}{server.path}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(script), url]
    before = cpu(server.pid)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used = max(cpu(server.pid) - before, 1 / os.sysconf("SC_CLK_TCK"))
    count = int(re.search(r"(\d+) requests in", said)[1])
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    times = dict(re.findall(r"^\s+(50|99)%\s+(\S+)$", said, re.MULTILINE))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return Seen(
        rate, count / used, times.get("50", "-"), times.get("99", "-"), int(failed[1]) if failed else 0
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", help="interpreter that has the peers")
    parser.add_argument("--model", choices=sorted(KINDS), default="lr")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    kind = KINDS[asked.model]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        poc, key = made(folder, kind)
        model = folder / "model.joblib"
        peer_model(asked.python, kind, poc, model)
        onnx = next((poc / ".causeway" / "releases").glob("*/model.onnx"))
        texts = {"TEXTS": "1"} if kind.takes_text else {}
        saved = {"MODEL": str(model), **texts}
        converted = {"ONNX": str(onnx), "LOG": str(folder / "log"), **texts}
        for rows, connections in ((1, 32), (1, 1), (100, 32)):
            body = [kind.row] * rows
            servers = [
                partial(fastapi, asked.python, "FastAPI, " + asked.model, body, **saved),
                partial(fastapi, asked.python, "FastAPI, ONNX, log", body, **converted),
                partial(fastapi, asked.python, "uvicorn, body back", body, app="uvicorn_app"),
                *(partial(gateway, poc, folder, key, records, body) for records in RECORDS),
                partial(gateway, poc, folder, key, "async", body, lane="0"),
            ]
            told = (loaded_in_turns(servers, folder, asked, connections) for _ in range(asked.rounds))
            print(f"\n{kind.words}; {rows} row{'s' * (rows > 1)} a request, connections: {connections}")
            show(best_of(told))


def loaded_in_turns(
    servers: Sequence[Callable[[], AbstractContextManager[Server]]],
    folder: Path,
    asked: argparse.Namespace,
    connections: int,
    cpu: Callable[[int], float] = cpu_seconds,
) -> dict[str, Seen]:
    found: dict[str, Seen] = {}
    for started in servers:
        with started() as server:
            answered(server)
            loaded(server, folder, connections=connections, seconds=1, cpu=cpu)
            found[server.name] = loaded(
                server, folder, connections=connections, seconds=asked.seconds, cpu=cpu
            )
    return found


def best_of(rounds: Iterable[dict[str, Seen]]) -> dict[str, Seen]:
    """For each server the round in which it did most for a CPU-second."""
    best: dict[str, Seen] = {}
    for found in rounds:
        for name, seen in found.items():
            if name not in best or seen.per_cpu > best[name].per_cpu:
                best[name] = seen
    return best


def show(best: Mapping[str, Seen]) -> None:
    print(f"  {'':<26}{'req/s':>8}{'ratio':>7}{'per CPU-s':>11}{'ratio':>7}{'p50':>10}{'p99':>10}  failed")
    first = next(iter(best.values()))
    for name, seen in best.items():
        ratios = seen.requests / first.requests, seen.per_cpu / first.per_cpu
        print(
            f"  {name:<26}{seen.requests:>8,.0f}{ratios[0]:>7.1f}{seen.per_cpu:>11,.0f}{ratios[1]:>7.1f}"
            f"{seen.p50:>10}{seen.p99:>10}  {seen.failed}",
            flush=True,
        )


if __name__ == "__main__":
    main()
