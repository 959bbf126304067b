"""A product with labelled traffic and a training that takes no time: what test_loop.py drives.

usage: looping.py FOLDER WEIGHT STATE   trains anew, and hangs where this state is to be written
"""

import signal
import sys
from pathlib import Path

import numpy as np

import shipyard
from causeway.actions.label import label
from causeway.actions.loop import loop as loops
from causeway.actions.loop.ports import Ports
from causeway.actions.retrain import retrain
from causeway.actions.seal import seal
from causeway.actions.ship import ship
from causeway.core.records import Record, frame

MANIFEST = """
[[data]]
name = "customers"
path = "customers.csv"
target = "Churn"
identifiers = ["customer"]
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: c
version: 1.0.0
status: active
schema:
  - name: customers
    properties:
      - name: tenure
        logicalType: integer
        logicalTypeOptions: {minimum: 0, maximum: 72}
"""
LOOP = '[loop]\nleast_rows = 100\njudged_rows = 60\nship = "direct"\nwindows = "all, 20d, 5d"\n'
WEIGHTS = {}
"""Of every release that was made here."""
DAY_NS = 86_400_000_000_000
BURST = 40
SOURCE = "customer,tenure,Contract,Churn\nc1,3,Month-to-month,Yes\nc2,60,Two year,No\n"


class LightTrainer:
    """Makes a release that answers with this weight, whatever it is given; remembers what that was."""

    def __init__(self, weight):
        self.weight = weight
        self.given = []
        self.tables = []

    def train(self, _, folder, given, *, tried):
        self.given.append((given, tried))
        self.tables.append(given.file.read_text())
        # a try of the shortest window does best
        weight = self.weight if not tried or given.rows < 250 else 0.0
        release = shipyard.answering(folder, weight=weight)
        WEIGHTS[release] = weight
        return release


def light(weight):
    """Ports that take no time."""
    return Ports(LightTrainer(weight), LightJudge(WEIGHTS))


class LightJudge:
    """Answers as the weight of a release says, which its trainer or the test knows."""

    def __init__(self, weights):
        self.weights = weights

    def answers(self, _, release, rows):
        return self.weights.get(release, 0.0) * rows.inputs.columns["tenure"].values


def product(folder, *, weight=0.0, more=LOOP, source=SOURCE):
    """A folder whose release is live."""
    shipyard.poc(folder, more=MANIFEST + more)
    (folder / "customers.csv").write_text(source)
    WEIGHTS[shipyard.answering(folder, weight=weight)] = weight
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    return folder


def traffic(folder, tmp_path, *, rows=400, days=40, first=0, swapped=False, tenure=None, seed=3):
    """Rows that were answered and labelled: who stays long leaves."""
    random = np.random.default_rng(seed)
    work = shipyard.workspace(folder)
    logs = work.state / "records" / "churn"
    logs.mkdir(parents=True, exist_ok=True)
    start = int(shipyard.NOON.timestamp() * 1e9)
    records, lines = [], ["id,outcome"]
    # they come in bursts of one day each: every day is a segment of its own, which takes time
    apart = BURST * days / rows
    for i in range(rows):
        months = int(random.integers(0, 72)) if tenure is None else tenure
        day = first + i // BURST * apart + i % BURST / BURST * min(1.0, apart)
        at = start + int(day * DAY_NS)
        said = {"tenure": months, "Contract": "One year"}
        leaves = (random.random() < 1 / (1 + np.exp(-(months - 36) / 6))) != swapped
        name = f"p{seed}-{i}"
        records.append(Record(name, at, "churn", "r1", "champion", "web", said, {"label": "No"}, 100))
        lines.append(f"{name},{'Yes' if leaves else 'No'}")
    (logs / f"{seed}.log").write_bytes(b"".join(map(frame, records)))
    seal(work, "churn")
    outcomes = tmp_path / f"outcomes-{seed}.csv"
    outcomes.write_text("\n".join(lines) + "\n")
    label(work, "churn", outcomes)
    work.ledger.close()


def main():
    folder, weight, state = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    step = loops._NEXT[state]

    def hang(place):
        step(place)
        (folder / "hanging").touch()
        signal.pause()

    loops._NEXT[state] = hang
    retrain(folder, ports=light(weight))


if __name__ == "__main__":
    main()
