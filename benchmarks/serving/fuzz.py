"""Sends requests that are almost right to a gateway, both ways, and says what was wrong with its replies.

python benchmarks/serving/fuzz.py [SECONDS] [SEED]
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "gateway"))

from bundle_made import SigningKey, write_bundle
from fuzzing import answered, faults, requests, stories
from gateway_process import BEARER, Gateway, route, running

BODY = json.dumps({"dataframe_records": [{"tenure": 3, "visits": 2, "plan": "gold"}]}).encode()


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        signing = SigningKey()
        bundle = write_bundle(Path(folder) / "bundles", signing)
        for lane in ("1", "0"):
            os.environ["CAUSEWAY_FASTLANE"] = lane
            with running(Path(folder) / lane, route("churn", bundle, signing=signing)) as gateway:
                failed += fuzz(gateway, seconds / 2, seed)
    return 1 if failed else 0


def fuzz(gateway: Gateway, seconds: float, seed: int) -> int:
    """How many connections went wrong; each is shown."""
    until, count, wrong, slowest = time.monotonic() + seconds, 0, 0, 0.0
    before = resident_mb(gateway)
    for packets in stories(seed, requests(BEARER, BODY)):
        if time.monotonic() > until:
            break
        count += 1
        began = time.monotonic()
        try:
            found = faults(answered(gateway.port, packets))
        except TimeoutError:
            found = ["it hangs"]
        slowest = max(slowest, time.monotonic() - began)
        if found:
            wrong += 1
            print(found, packets)
    after, code = resident_mb(gateway), gateway.stop()
    broken = gateway.said().count("Traceback")
    print(
        f"seed {seed}, {os.environ['CAUSEWAY_FASTLANE']}: {count:,} connections, {wrong} wrong, {broken} "
        f"tracebacks, slowest {slowest * 1000:.0f} ms, {before:.0f} to {after:.0f} MB, exit code {code}"
    )
    return wrong + broken + abs(code)


def resident_mb(gateway: Gateway) -> float:
    lines = Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    sys.exit(main())
