"""What tests of scoring start from; as a script, a scoring that is killed when some parts are done.

usage: scoring.py FOLDER RELEASE SOURCE TARGET PARTS
"""

import os
import random
import signal
import sys
from pathlib import Path

import shipyard
from causeway.actions.score.score import Wanted, score
from causeway.actions.workspace import open_workspace
from causeway.core.features import Features, Map, Numeric, write_features
from causeway.core.release import Output, Signature

PART_ROWS = 40
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: customers
version: 1.0.0
status: active
schema:
- name: customers
  properties:
  - {name: customer, logicalType: string, unique: true}
  - {name: tenure, logicalType: integer, logicalTypeOptions: {minimum: 0, maximum: 90}}
  - {name: Contract, logicalType: string}
  - {name: Churn, logicalType: string, required: true}
  quality:
  - {metric: rowCount, mustBeGreaterThan: 100000}
"""
FIELDS = shipyard.RELEASE.signature.inputs
TENURES = ("3", "12", "70", "72.0", "85", "95", "x", "", "NaN", "1e1", " 7", "2.5", "1_0")
CONTRACTS = ("Month-to-month", "One year", "Two year", "weird", "", "null")


def release(folder, *, weight=0.05, contract=CONTRACT, **changes):
    outputs = tuple(Output(name, name, ("No", "Yes"), "Yes") for name in ("label", "probability"))
    features = Features(
        columns=("tenure", "Contract_One year"),
        rules=(Numeric("tenure"), Map("Contract", "one-hot", {"One year": 1.0}, rest=0.0)),
        domains={"Contract": FIELDS[1].categories},
    )
    files = {"features.json": write_features(features)}
    if contract:
        files["contract.odcs.yaml"] = contract.encode()
    return shipyard.release(
        folder,
        seed=shipyard._logistic(weight),
        files=files,
        signature=Signature(FIELDS, outputs),
        **changes,
    )


def rows_as_csv(count, *, seed=1):
    draw = random.Random(seed)
    lines = ["customer,tenure,Contract"]
    lines += [
        f"c{number},{draw.choice(TENURES[:4] * 3 + TENURES)},{draw.choice(CONTRACTS[:3] * 3 + CONTRACTS)}"
        for number in range(count)
    ]
    return "\n".join(lines) + "\n"


def main(folder, digest, source, target, parts):
    seen = []

    def watch(*_):
        seen.append(1)
        if len(seen) == int(parts):
            os.kill(os.getpid(), signal.SIGKILL)

    wanted = Wanted(digest, source, target, part_rows=PART_ROWS)
    score(open_workspace(Path(folder), actor="a1"), Path(folder), wanted, watch=watch)


if __name__ == "__main__":
    main(*sys.argv[1:])
