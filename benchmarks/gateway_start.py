"""What an idle gateway costs: CPU-seconds to start, memory of one process and of several.

python benchmarks/gateway_start.py [ROUNDS]

PSS counts a page of a library's file by how many have it open; so that is told, too, what it is with ONNX
Runtime's file counted whole, what is resident, and how much of that is no file's.
"""

import http.client
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "gateway"))

from bundle_made import SigningKey, write_bundle
from gateway_process import BEARER, Gateway, eventually, route, running

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
CALLS = 40
"""Of each process, before it is looked at what several hold together."""
IDLE_SECONDS = 2.0
LOOP_SECONDS = 3.0
TICKS_PER_SECOND = 100
MOST_WORKERS = 4
RUNTIME = "onnxruntime_pybind11_state"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        signing = SigningKey()
        bundle = write_bundle(Path(folder) / "bundles", signing)
        for number in range(rounds):
            began = time.monotonic()
            with running(
                Path(folder) / f"start-{number}", route("churn", bundle, signing=signing)
            ) as gateway:
                wall = time.monotonic() - began
                spent = cpu_seconds(gateway)
                print(f"start: {wall:.2f} s, {spent:.2f} CPU-s; idle {in_words(gateway.process.pid)}")
                idle = pss_mb(gateway.process.pid)
                for _ in range(CALLS):
                    gateway.invoke(ROW)
                print(f"after {CALLS} calls {in_words(gateway.process.pid)}")
                before = idle, pss_mb(gateway.process.pid)
        for workers in range(2, MOST_WORKERS + 1):
            at, options = Path(folder) / f"workers-{workers}", ("--workers", str(workers))
            with running(at, route("churn", bundle, signing=signing), options=options) as gateway:
                before = several(gateway, workers, before)
        for level in ("off", "async", "durable"):
            at = Path(folder) / level
            with running(at, route("churn", bundle, signing=signing, records=level)) as gateway:
                loop(gateway, level)


def several(gateway: Gateway, workers: int, before: tuple[float, float]) -> tuple[float, float]:
    """Megabytes of all processes together: idle, and once each has answered."""
    eventually(lambda: len(children(gateway)) == workers)
    time.sleep(IDLE_SECONDS)
    idle = sum(pss_mb(each) for each in (gateway.process.pid, *children(gateway)))
    for _ in range(CALLS * workers):
        gateway.invoke(ROW)
    began = children(gateway)
    parent, own = pss_mb(gateway.process.pid), [pss_mb(each) for each in began]
    total = parent + sum(own)
    since = time.monotonic()
    os.kill(began[0], signal.SIGKILL)
    eventually(lambda: began[0] not in children(gateway) and len(children(gateway)) == workers)
    forked = time.monotonic() - since
    eventually(lambda: gateway.health()["troubles"] == 0)
    taken = time.monotonic() - since
    print(
        f"{workers} processes and their parent: PSS idle {idle:.1f} MB, {idle - before[0]:+.1f}; "
        f"after {CALLS} calls of each {parent:.1f} + {workers} x {sum(own) / workers:.1f}"
        f" = {total:.1f} MB, {total - before[1]:+.1f}; killed, another was forked after {forked:.2f} s, "
        f"and all was well after {taken:.2f} s"
    )
    return idle, total


def children(gateway: Gateway) -> list[int]:
    pid = gateway.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def loop(gateway: Gateway, level: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
    headers = {"authorization": f"Bearer {BEARER}", "content-type": "application/json"}
    body = json.dumps({"dataframe_records": [ROW]})
    before, began, count = cpu_seconds(gateway), time.monotonic(), 0
    while time.monotonic() - began < LOOP_SECONDS:
        connection.request("POST", "/products/churn/invocations", body, headers)
        connection.getresponse().read()
        count += 1
    wall, cpu = time.monotonic() - began, cpu_seconds(gateway) - before
    print(
        f"one connection, records {level}: {count / wall:,.0f} requests/s, {count / cpu:,.0f} per CPU-s "
        f"of the gateway; PSS {pss_mb(gateway.process.pid):.1f} MB"
    )
    connection.close()


def cpu_seconds(gateway: Gateway) -> float:
    fields = Path(f"/proc/{gateway.process.pid}/stat").read_text().rpartition(")")[2].split()
    # with those of its children that ended, which check signatures
    return sum(map(int, fields[11:15])) / TICKS_PER_SECOND


def pss_mb(pid: int) -> float:
    return measured(pid)["Pss:"]


def in_words(pid: int) -> str:
    """The memory of a process, counted in each way."""
    every, runtime = measured(pid), measured(pid, of=RUNTIME)
    whole = every["Pss:"] - runtime["Pss:"] + runtime["Rss:"]
    return (
        f"PSS {every['Pss:']:.1f} MB, {whole:.1f} with all of ONNX Runtime's file; "
        f"resident {every['Rss:']:.1f}, {every['Anonymous:']:.1f} of it no file's"
    )


def measured(pid: int, of: str = "") -> Counter[str]:
    """Megabytes of a process by the kernel's names for them, in all or of the mappings of one file."""
    found: Counter[str] = Counter()
    mine = not of
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, *rest = line.split()
        if not name.endswith(":"):
            mine = of in line
        elif mine and rest[-1] == "kB":
            found[name] += int(rest[0]) / 1024
    return found


if __name__ == "__main__":
    main()
