"""What callers do to the gateway who ask again at once, whatever they are told: goodput under floods.

python benchmarks/serving/floods.py [SECONDS] [--light] [--rounds N] [KIND ...]

The model is that of overload.py. Told is how many are answered in a CPU-second of the gateway, and what share
that is of what four callers on kept connections get, who ask right before. Kinds: kept (900 connections),
pipelined (64 connections with 20 requests in each packet), new (256 callers with a connection for each
request), grpc (256 callers on 16 connections, after four on four).
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from overload import BEARER, LIGHT_SINES, SINES, cpu_seconds, request_bytes, slow_bundle

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "gateway"))

from bundle_made import SigningKey
from gateway_process import Gateway, eventually, key, route, running

HERE = Path(__file__).parent
KINDS = {"kept": (900, 1), "pipelined": (64, 20), "new": (256, 0), "grpc": (256, 16)}
FEW = 4
SETTLE_SECONDS = 1.5


def main() -> None:
    words = sys.argv[1:]
    rounds = int(words.pop(words.index("--rounds") + 1)) if "--rounds" in words else 1
    seconds = next((float(word) for word in words if word.replace(".", "").isdigit()), 3.0)
    kinds = [word for word in words if word in KINDS] or list(KINDS)
    sines = LIGHT_SINES if "--light" in words else SINES
    with tempfile.TemporaryDirectory() as folder:
        signing = SigningKey()
        bundle = slow_bundle(Path(folder) / "bundles", signing, sines=sines)
        served = route("churn", bundle, signing=signing, keys=(key(),))
        options = ("--grpc-port", "0") if "grpc" in kinds else ()
        with running(Path(folder) / "gateway", served, options=options) as gateway:
            for _ in range(rounds):
                story(gateway, kinds, seconds)


def story(gateway: Gateway, kinds: list[str], seconds: float) -> None:
    for kind in kinds:
        way = "grpc" if kind == "grpc" else "http"
        few = measured(gateway, f"four, {way}", way, (FEW, FEW if way == "grpc" else 1), seconds)
        much = measured(gateway, kind, way, KINDS[kind], seconds)
        print(f"  {kind}: {much / few:.0%} of the answers per CPU-second of four callers", flush=True)


def measured(gateway: Gateway, kind: str, way: str, callers: tuple[int, int], seconds: float) -> float:
    """Answers in a CPU-second of the gateway."""
    before = cpu_seconds(gateway)
    told = flood(gateway, way, callers, seconds)
    spent = cpu_seconds(gateway) - before
    # who was refused last may still be at rest
    time.sleep(SETTLE_SECONDS)
    print(
        f"{kind}: {told['answered'] / seconds:,.0f} answered/s, {told['answered'] / spent:,.0f} per "
        f"CPU-second, of which it had {spent / seconds:.2f} a second; p50 {told['p50_ms']:.0f} ms, "
        f"p99 {told['p99_ms']:.0f} ms; {told['refused'] / seconds:,.0f} refused/s, "
        f"p99 {told['refused_p99_ms']:.0f} ms; failed {told['failed']}",
        flush=True,
    )
    return told["answered"] / spent


def flood(gateway: Gateway, way: str, callers: tuple[int, int], seconds: float) -> dict:
    command = [HERE / "closed_loop.py", gateway.port, seconds, *callers]
    if way == "grpc":
        said = eventually(lambda: re.search(r"gRPC ready on \S+:(\d+)", gateway.said()), "the gRPC port")
        command = [HERE / "closed_loop_grpc.py", said[1], seconds, *callers, BEARER]
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        input=request_bytes(gateway.port),
        stdout=subprocess.PIPE,
        env=os.environ | {"GRPC_VERBOSITY": "NONE"},
        check=True,
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
