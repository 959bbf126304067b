"""Releases are switched a thousand times under load: nothing may fail, every answer must be a live release's.

python benchmarks/serving/switches.py [--switches 1000] [--connections 32]

32 connections, with one row and with 20, at a product whose records follow and at one whose answers wait for
theirs; all through the short way, then all through the long one. Four releases, of which each answers
otherwise: an answer is right if it is the very one that its release gives, and this release was in the route
file at some time between the request and its answer. Most switches go to the release that is kept warm; one
of a hundred to one that has to be verified and loaded; before it, one to a release that was tampered with,
which must never answer. Every tenth splits the traffic. Clients and gateway share the machine.
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "gateway"))

from bundle_made import SigningKey, write_bundle
from gateway_process import BEARER, Gateway, route, running

from causeway.core.routes import Route, Served

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
WEIGHTS = ((0.05, 0.1, 0.2), (0.1, 0.1, 0.3), (-0.05, 0.2, 0.1), (0.02, -0.2, 0.2))
MANY = 20
PRODUCTS = {"quick": "async", "sure": "durable"}
TOLERANCE = 1e-5
WARMING = 0.1
"""Of the switches, after which memory is measured first."""

Bundle = tuple[str, Path]


@dataclass(frozen=True)
class Made:
    """The releases of one product, and one that was tampered with."""

    product: str
    bundles: Sequence[Bundle]
    bad: Bundle


@dataclass
class Stand:
    """Which releases the route file names, from when on, and when the gateway followed."""

    releases: frozenset[str]
    written: float
    followed: float = float("inf")


@dataclass
class Seen:
    """What the callers saw."""

    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)


class Callers:
    """Ask until they are told to stop, and check every answer."""

    def __init__(self, port: int, expected: dict[str, float]) -> None:
        self.stands: dict[str, list[Stand]] = {product: [] for product in PRODUCTS}
        self.seen = Seen()
        self.stopped = False
        self._port = port
        self._expected = expected

    async def call(self, product: str, rows: int) -> None:
        """One connection's requests, one after another."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        body = json.dumps({"dataframe_records": [ROW] * rows}).encode()
        head = (
            f"POST /products/{product}/invocations HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {BEARER}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        request = head.encode() + body
        while not self.stopped:
            began = time.perf_counter()
            writer.write(request)
            try:
                status, headers, told = await _answer(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                self.seen.failed["connection"] += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                continue
            ended = time.perf_counter()
            self.seen.seconds.append(ended - began)
            if status != 200:
                self.seen.failed[f"{status} {json.loads(told)['error']}"] += 1
            else:
                self._check(product, headers["causeway-release"], told, began, ended)
        writer.close()

    def _check(self, product: str, release: str, told: bytes, began: float, ended: float) -> None:
        self.seen.answered[release] += 1
        stands = self.stands[product]
        first = max((i for i, stand in enumerate(stands) if stand.followed <= began), default=0)
        live = {name for stand in stands[first:] if stand.written <= ended for name in stand.releases}
        chances = [each["probability"]["leave"] for each in json.loads(told)["predictions"]]
        if release not in live:
            self.seen.wrong["release"] += 1
        if any(abs(chance - self._expected[release]) > TOLERANCE for chance in chances):
            self.seen.wrong["answer"] += 1


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    return int(head[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


@dataclass
class Outcome:
    """What one run showed."""

    lane: str
    switches: int
    loads: int
    seconds: float
    seen: Seen
    memory: tuple[float, float]

    @property
    def sound(self) -> bool:
        """Whether nothing failed and nothing was wrong."""
        return not self.seen.failed and not self.seen.wrong

    def told(self) -> str:
        """The figures on one line each."""
        seen, times = self.seen, sorted(self.seen.seconds)
        return (
            f"{self.lane}: {self.switches:,} switches ({self.loads} with loading) in {self.seconds:.1f} s, "
            f"{len(times):,} requests\n"
            f"  not 200: {sum(seen.failed.values())} {dict(seen.failed) or ''}\n"
            f"  wrong: {sum(seen.wrong.values())} {dict(seen.wrong) or ''}\n"
            f"  releases that answered: {len(seen.answered)}, the rarest {min(seen.answered.values()):,}\n"
            f"  p50 {times[len(times) // 2] * 1e3:.1f} ms, p99 {times[int(len(times) * 0.99)] * 1e3:.1f} ms, "
            f"longest {times[-1] * 1e3:.0f} ms\n"
            f"  memory (PSS): {self.memory[0]:.1f} MB after a tenth, {self.memory[1]:.1f} MB at the end"
        )


def steps(made: Made, switches: int, *, every: int) -> Iterator[tuple[Sequence[Bundle], Bundle, bool]]:
    """Who answers next, who is kept warm, and whether the route is one that cannot be followed."""
    mine, other, *spare = made.bundles
    for number in range(1, switches + 1):
        if number % every == every - 1:
            yield [made.bad], mine, True
        elif number % every == 0:
            mine, other = spare.pop(0), mine
            spare.append(made.bundles[0] if made.bundles[0] not in (mine, other) else made.bundles[1])
            yield [mine], other, False
        elif number % 10 == 5:
            yield [mine, other], other, False
        else:
            mine, other = other, mine
            yield [mine], other, False


def route_of(made: Made, bundles: Sequence[Bundle], warm: Bundle, signing: SigningKey) -> Route:
    shares = (60, 40) if len(bundles) > 1 else (100,)
    kept = (Served(warm[0], str(warm[1]), 0),)
    return route(
        made.product, *bundles, signing=signing, shares=shares, records=PRODUCTS[made.product], warm=kept
    )


async def switched(
    gateway: Gateway,
    callers: Callers,
    all_made: Sequence[Made],
    signing: SigningKey,
    *,
    switches: int,
    every: int,
) -> tuple[float, float]:
    """Switches as often, each time until the gateway follows; its memory after a tenth, and at the end."""
    ways = [steps(made, switches, every=every) for made in all_made]
    early = 0.0
    for number, nexts in enumerate(zip(*ways, strict=True)):
        routes = []
        opened = []
        for made, (bundles, warm, bad) in zip(all_made, nexts, strict=True):
            routes.append(route_of(made, bundles, warm, signing))
            stands = callers.stands[made.product]
            # of a route that cannot be followed, those before go on
            names = stands[-1].releases if bad else frozenset(name for name, _ in bundles)
            opened.append(Stand(names, time.perf_counter()))
            stands.append(opened[-1])
        gateway.routed(*routes)
        await _followed(gateway)
        for stand in opened:
            stand.followed = time.perf_counter()
        if number == int(switches * WARMING):
            early = pss_mb(gateway.process.pid)
    return early, pss_mb(gateway.process.pid)


async def _followed(gateway: Gateway) -> None:
    """Asks until the gateway follows the newest routes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    version = 0
    while version != gateway.version:
        writer.write(b"GET /v2/health/ready HTTP/1.1\r\nhost: a\r\n\r\n")
        version = json.loads((await _answer(reader))[2])["version"]
    writer.close()


def pss_mb(pid: int) -> float:
    """The memory of a process, its part of what is shared included."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def releases(folder: Path, signing: SigningKey, product: str) -> Made:
    """Four good releases, and one whose model is not the one that was signed."""
    bundles = [write_bundle(folder / product, signing, product=product, weights=each) for each in WEIGHTS]
    bad = write_bundle(folder / product, signing, product=product, weights=(9.0, 9.0, 9.0))
    (bad[1] / "model.onnx").write_bytes((bundles[0][1] / "model.onnx").read_bytes())
    return Made(product, bundles, bad)


def expected_of(gateway: Gateway, all_made: Sequence[Made], signing: SigningKey) -> dict[str, float]:
    """What each release answers, asked while it is the only one."""
    told: dict[str, float] = {}
    for bundles in zip(*(made.bundles for made in all_made), strict=True):
        gateway.follow(*(route_of(made, [b], b, signing) for made, b in zip(all_made, bundles, strict=True)))
        for made, (name, _) in zip(all_made, bundles, strict=True):
            [answer] = gateway.invoke(ROW, product=made.product).body["predictions"]
            told[name] = answer["probability"]["leave"]
    return told


def run(folder: Path, *, short: bool, switches: int, connections: int, every: int = 100) -> Outcome:
    """So many switches under load, through one of the two ways."""
    os.environ["CAUSEWAY_FASTLANE"] = "1" if short else "0"
    signing = SigningKey()
    all_made = [releases(folder / "bundles", signing, product) for product in PRODUCTS]
    begin = [route_of(made, made.bundles[:1], made.bundles[1], signing) for made in all_made]
    with running(folder / "gateway", *begin, options=("--look-seconds", "0.005")) as gateway:
        callers = Callers(gateway.port, expected_of(gateway, all_made, signing))
        gateway.follow(*begin)
        for made in all_made:
            callers.stands[made.product] = [Stand(frozenset([made.bundles[0][0]]), 0.0, 0.0)]

        async def story() -> tuple[float, float]:
            kinds = itertools.cycle([(product, rows) for product in PRODUCTS for rows in (1, MANY)])
            calls = [asyncio.ensure_future(callers.call(*next(kinds))) for _ in range(connections)]
            memory = await switched(gateway, callers, all_made, signing, switches=switches, every=every)
            callers.stopped = True
            await asyncio.gather(*calls)
            return memory

        began = time.monotonic()
        memory = uvloop.run(story())
        seconds = time.monotonic() - began
        if gateway.stop():
            callers.seen.failed["end"] += 1
    lane = "the short way" if short else "the long way"
    return Outcome(lane, switches, switches // every, seconds, callers.seen, memory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--switches", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=32)
    given = parser.parse_args()
    sound = True
    for short in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(Path(folder), short=short, switches=given.switches, connections=given.connections)
        print(outcome.told(), flush=True)
        sound = sound and outcome.sound
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
