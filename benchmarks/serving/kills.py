"""Kills the gateway (SIGKILL) under load, again and again, and looks for every answer in the sealed segments.

python benchmarks/serving/kills.py [TIMES [LEVEL...]]
"""

import http.client
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "gateway"))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from bundle_made import SigningKey, write_bundle
from gateway_process import BEARER, Gateway, route

import shipyard
from causeway.actions.seal import seal
from causeway.actions.segments import segment_source
from causeway.adapters import registry

CALLERS = 8
LOAD_SECONDS = (0.05, 0.35)
TIMES = 50


@dataclass
class Answered:
    """What callers got: each prediction's id, the number that was sent with it, and when it came."""

    ids: dict[str, tuple[int, float]] = field(default_factory=dict)


@dataclass
class Told:
    """What all kills came to."""

    kills: int = 0
    answers: int = 0
    sealed: int = 0
    lost: int = 0
    strange: int = 0
    torn_bytes: int = 0
    window_ms: float = 0.0
    restarts: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Seconds of the processor that a start took, which a busy machine does not change."""


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    for level in sys.argv[2:] or ("durable", "async"):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["CAUSEWAY_KEYS"] = f"{folder}/keys"
            told = killed(Path(folder), times=times, level=level)
        print(
            f"{level}: {told.kills} kills, {told.answers:,} answers, {told.sealed:,} rows sealed, "
            f"{told.lost:,} answers lost, {told.strange} rows that nobody sent, "
            f"{told.torn_bytes:,} torn bytes put aside; "
            f"ready again after {statistics.median(told.restarts):.2f} s, {max(told.restarts):.2f} s at most "
            f"({statistics.median(told.cpu):.2f} CPU-seconds)"
        )
        if level == "async":
            print(f"async: the oldest answer that was lost came {told.window_ms:.0f} ms before the kill")


def killed(folder: Path, *, times: int, level: str, seed: int = 7) -> Told:
    """Starts, loads, kills and seals so often, and compares what callers got with what is sealed."""
    rng = random.Random(seed)
    signing = SigningKey()
    bundle = write_bundle(folder / "bundles", signing)
    poc = shipyard.poc(folder / "poc")
    shipyard.release(poc)
    work = shipyard.workspace(poc)
    gateway = Gateway(work.state).routed(route("churn", bundle, signing=signing, records=level))
    told = Told()
    for _ in range(times):
        began = time.perf_counter()
        gateway.start()
        wait_ready(gateway)
        told.restarts.append(time.perf_counter() - began)
        told.cpu.append(cpu_seconds(gateway.process.pid))
        answered, when = loaded_until_killed(gateway, seconds=rng.uniform(*LOAD_SECONDS))
        done = seal(work, "churn")
        compare(told, work, done, answered, when)
    work.ledger.close()
    return told


def wait_ready(gateway: Gateway) -> None:
    while gateway.call("GET", "/v2/health/ready", bearer=None).status != 200:
        time.sleep(0.005)


def loaded_until_killed(gateway: Gateway, *, seconds: float) -> tuple[Answered, float]:
    """All answers that came until the gateway was killed, and when that was."""
    answered = Answered()
    callers = [threading.Thread(target=ask, args=(gateway, answered, n)) for n in range(CALLERS)]
    for caller in callers:
        caller.start()
    time.sleep(seconds)
    when = time.perf_counter()
    os.kill(gateway.process.pid, signal.SIGKILL)
    gateway.process.wait()
    for caller in callers:
        caller.join()
    return answered, when


def ask(gateway: Gateway, answered: Answered, caller: int) -> None:
    headers = {"authorization": f"Bearer {BEARER}", "content-type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    number = caller
    with suppress(OSError, http.client.HTTPException, ValueError):
        while True:
            row = {"tenure": 5.5, "visits": number, "plan": "gold"}
            body = json.dumps({"dataframe_records": [row]})
            connection.request("POST", "/products/churn/invocations", body, headers)
            response = connection.getresponse()
            got = json.loads(response.read())
            if response.status == 200:
                answered.ids[got["ids"][0]] = (number, time.perf_counter())
            number += CALLERS
    connection.close()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(told: Told, work, done, answered: Answered, when: float) -> None:  # noqa: ANN001 - of the product
    sealed: dict[str, int] = {}
    for fact in done.segments:
        table = registry.segment_files().read([segment_source(work, fact)])
        numbers = table.columns["in_visits"].values
        sealed |= dict(zip(table.columns["id"].values, map(int, numbers), strict=True))
        told.strange += sum(value != 5.5 for value in table.columns["in_tenure"].values)
    lost = [came for name, (_, came) in answered.ids.items() if name not in sealed]
    told.strange += sum(
        sealed[name] != number for name, (number, _) in answered.ids.items() if name in sealed
    )
    told.kills += 1
    told.answers += len(answered.ids)
    told.sealed += len(sealed)
    told.lost += len(lost)
    told.torn_bytes += done.torn_bytes
    told.window_ms = max([told.window_ms, *((when - came) * 1000 for came in lost)])


if __name__ == "__main__":
    main()
