"""Asks a gateway steadily for a long time, in every way at once, and says whether anything grows.

python benchmarks/serving/soak.py MINUTES [FOLDER] [--rate 150] [--workers 1] [--warm-up 5]

FOLDER holds a product that is live (`causeway run`, `causeway ship`); without one a small model made by hand
is served. Its rows on record, else its example, and rows made up like them are sent: alone and 50 at once,
on connections that are kept and on new ones, among rows that must be refused, bodies that are none, calls
without a key and to addresses that are not there, while the routes change every five seconds. Every answer
is compared with the one that the same row got alone at the start, and every recorded row is counted.

Growth is judged after five minutes of warming up (a third of a shorter run), by the slope of a line through
ten means and its 95 % interval; what was there at first, when it was warm and at the end is said, too. The
memory judged is what is no file's (Pss_Anon): the rest moves with whoever has the same libraries open.
"""

import argparse
import http.client
import json
import math
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from growth import BIN_SECONDS, Seen, growth, mean
from growth import told as in_words
from msgspec import structs

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "gateway"))

from bundle_made import SigningKey, write_bundle
from gateway_process import BEARER, Gateway, key, route, running

from causeway.actions.call_target import live_product, target_of
from causeway.actions.load_gateway import family, memory_bytes
from causeway.actions.load_rows import rows_of
from causeway.actions.routes import route_of
from causeway.core.records import Record, frames
from causeway.core.release import Field
from causeway.core.routes import Route

CALLERS = 8
MADE_UP = 200
BATCH = 50
REROUTE_SECONDS = 5.0
SAMPLE_SECONDS = 2.0
ROUNDING = 1e-6
"""Of the largest answer: rows together are summed in another order, of which small answers have most."""
OVERLOADED = "turned away as overloaded"
MOST_OVERLOADED = 0.01
"""Of all requests; more are no accident of a machine on which others work too."""
WARM_UP_MINUTES = 5.0
"""Until then what is kept for use again (memory of threads, of connections, of runs) may still be taken."""
ROWS = [{"tenure": 1.5 * n, "visits": n % 7, "plan": ("basic", "gold")[n % 2]} for n in range(40)]

Row = Mapping[str, object]


class Tally:
    """What every caller saw, put together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.took: list[tuple[float, float]] = []
        self.asked: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.unasked: Counter[str] = Counter()
        self.overloaded = 0
        self.rows = 0

    def saw(self, kind: str, at: float, seconds: float, *, problem: str = "", rows: int = 0) -> None:
        """Takes one request in."""
        with self.lock:
            self.asked[kind] += 1
            self.rows += rows
            if rows == 1:
                self.took.append((at, seconds))
            if problem == OVERLOADED:
                self.overloaded += 1
            elif problem.startswith("wrong"):
                self.wrong[f"{kind}: {problem}"] += 1
            elif problem:
                self.unasked[f"{kind}: {problem}"] += 1


class Caller:
    """One of those who ask, with a connection of its own."""

    def __init__(self, gateway: Gateway, product: str, rows: Sequence[Row], known: Sequence[object]) -> None:
        self.gateway, self.product, self.rows, self.known = gateway, product, rows, known
        self.within = ROUNDING * max([abs(each) for each in known if isinstance(each, float)], default=1.0)
        self.connection = gateway.connect()

    def send(self, path: str, body: bytes, *, bearer: str = BEARER, media: str = "application/json") -> tuple:
        """Status and body of the answer to this."""
        headers = {"content-type": media, **({"authorization": f"Bearer {bearer}"} if bearer else {})}
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def asks(self, kind: str, drawn: random.Random) -> tuple[str, int]:
        """What is wrong with the answer, nothing where all is well; and how many rows it answered."""
        if kind == "new connection":
            self.connection.close()
            self.connection = self.gateway.connect()
        if kind in EXPECTED:
            path, body, bearer = self.bad(kind)
            status, content = self.send(path, body, bearer=bearer)
            if b'"overloaded"' in content:
                return OVERLOADED, 0
            return ("" if status == EXPECTED[kind] else f"{status} instead of {EXPECTED[kind]}"), 0
        count = BATCH if kind == "batch" else 1
        chosen = [drawn.randrange(len(self.rows)) for _ in range(count)]
        body = json.dumps({"dataframe_records": [self.rows[each] for each in chosen]}).encode()
        status, content = self.send(f"/products/{self.product}/invocations", body)
        if status != 200:
            return OVERLOADED if b'"overloaded"' in content else f"{status} {content[:120]!r}", 0
        said = json.loads(content)["predictions"]
        right = len(said) == count and all(
            same(value, self.known[each], within=self.within)
            for value, each in zip(said, chosen, strict=True)
        )
        return ("" if right else "wrong answer"), count

    def bad(self, kind: str) -> tuple[str, bytes, str]:
        """Address, body and token of a request that must be refused."""
        path = f"/products/{self.product}/invocations"
        body = json.dumps({"dataframe_records": [self.rows[0] | {"no such field": 1}]}).encode()
        match kind:
            case "bad row":
                return path, body, BEARER
            case "no JSON":
                return path, b'{"dataframe_records": [', BEARER
            case "no key":
                return path, body, ""
            case _:
                return "/products/nobody/invocations", body, BEARER


EXPECTED = {"bad row": 422, "no JSON": 400, "no key": 401, "nowhere": 404}
KINDS = {
    "single": 60,
    "batch": 10,
    "new connection": 10,
    "bad row": 10,
    "no JSON": 4,
    "no key": 3,
    "nowhere": 3,
}


def main() -> int:
    options = parsed()
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch, served(options, Path(scratch)) as live:
        return soak(options, *live)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("minutes", type=float)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument(
        "--rate", type=float, default=150.0, help="requests a second, of all callers together"
    )
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--warm-up", type=float, help="minutes after which growth counts")
    options = parser.parse_args()
    if options.warm_up is None:
        options.warm_up = min(WARM_UP_MINUTES, options.minutes / 3)
    return options


@contextmanager
def served(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[Gateway, Route, Sequence[Row]]]:
    """A gateway with the folder's product, or one made by hand; its route, and rows to send."""
    if options.folder:
        live = live_product(target_of(str(options.folder), Path()))
        made = route_of(live.target.work, live.state)
        made = structs.replace(made, keys=(key(),), requests_per_minute=None)
        rows = rows_of(live.target.work, live.target.product, live.bundle).rows
        rows = [*rows, *drawn(rows[0], live.bundle.release.signature.inputs, MADE_UP)]
    else:
        signing = SigningKey()
        made = route("churn", write_bundle(scratch / "bundles", signing), signing=signing)
        rows = ROWS
    print(f"{made.product}: {len(rows)} different rows, {options.rate:g} requests/s, {made.records} records")
    crew = ("--workers", str(options.workers), "--workers-most", str(options.workers))
    with running(scratch / "gateway", made, options=crew) as gateway:
        yield gateway, made, rows


def drawn(row: Row, fields: Sequence[Field], count: int) -> Iterator[Row]:
    """So many rows like this one, with other values that the release was proven on."""
    by_chance = random.Random(1)
    for _ in range(count):
        yield {**row, **{each.name: value_of(each, by_chance, row.get(each.name)) for each in fields}}


def value_of(field: Field, by_chance: random.Random, otherwise: object) -> object:
    if field.categories:
        return by_chance.choice(field.categories)
    if field.minimum is None or field.maximum is None:
        return otherwise
    value = by_chance.uniform(field.minimum, field.maximum)
    return round(value) if field.kind == "integer" else round(value, 2)


def soak(options: argparse.Namespace, gateway: Gateway, made: Route, rows: Sequence[Row]) -> int:
    known, rows = answered_alone(gateway, made.product, rows)
    tally, stop = Tally(), threading.Event()
    began = time.monotonic()
    samples: list[tuple[float, float]] = []
    own: list[tuple[float, float]] = []
    recorded = Counter({"rows": -len(known)})
    callers = [
        threading.Thread(
            target=calls, args=(gateway, made.product, rows, known, tally, stop, number, options)
        )
        for number in range(CALLERS)
    ]
    beside = [
        threading.Thread(target=every, args=(REROUTE_SECONDS, stop, changed(gateway, made))),
        threading.Thread(target=every, args=(SAMPLE_SECONDS, stop, sampled(gateway, samples, own))),
        threading.Thread(
            target=every, args=(BIN_SECONDS, stop, lambda: counted(gateway, made.product, recorded))
        ),
    ]
    for thread in (*callers, *beside):
        thread.start()
    told_minutes(options.minutes * 60, began, tally, samples)
    stop.set()
    for thread in (*callers, *beside):
        thread.join()
    print(
        f"routes changed {gateway.version - 1} times, {len(family(gateway.process.pid))} processes at the end"
    )
    gateway.stop()
    counted(gateway, made.product, recorded)
    return told(tally, recorded["rows"], judged(options.warm_up * 60, began, tally, samples, own))


def answered_alone(gateway: Gateway, product: str, rows: Sequence[Row]) -> tuple[list[object], list[Row]]:
    """The answer that each row gets when nobody else asks; rows that get none are left out."""
    got = [(gateway.invoke(row, product=product), row) for row in rows]
    good = [(answer.body["predictions"][0], row) for answer, row in got if answer.status == 200]
    return [known for known, _ in good], [row for _, row in good]


def calls(  # noqa: PLR0917 - a thread's own
    gateway: Gateway,
    product: str,
    rows: Sequence[Row],
    known: Sequence[object],
    tally: Tally,
    stop: threading.Event,
    number: int,
    options: argparse.Namespace,
) -> None:
    """Asks at a caller's share of the rate until it is told to stop; late ones are not caught up."""
    caller, drawn = Caller(gateway, product, rows, known), random.Random(number)
    kinds, weights = list(KINDS), list(KINDS.values())
    pause = CALLERS / options.rate
    while not stop.wait(drawn.expovariate(1 / pause)):
        kind = drawn.choices(kinds, weights)[0]
        began = time.monotonic()
        try:
            problem, answered = caller.asks(kind, drawn)
        except (OSError, http.client.HTTPException) as error:
            problem, answered = f"{type(error).__name__}: {error}", 0
            caller.connection.close()
            caller.connection = gateway.connect()
        tally.saw(kind, began, time.monotonic() - began, problem=problem, rows=answered)


def every(seconds: float, stop: threading.Event, do: Callable[[], object]) -> None:
    while not stop.wait(seconds):
        do()


def changed(gateway: Gateway, made: Route) -> Callable[[], None]:
    """Routes it anew: another key comes and goes, and so does the label."""
    odd = [False]

    def change() -> None:
        odd[0] = not odd[0]
        more = (*made.keys, key("another", name="key-9")) if odd[0] else made.keys
        gateway.routed(structs.replace(made, keys=more, label="sandbox" if odd[0] else made.label))

    return change


def sampled(
    gateway: Gateway, samples: list[tuple[float, float]], own: list[tuple[float, float]]
) -> Callable[[], None]:
    def look() -> None:
        now, pid = time.monotonic(), gateway.process.pid
        samples.append((now, memory_bytes(pid) / 1e6))
        # what nobody else holds: PSS also moves when others who map the same libraries come and go
        own.append((now, sum(anonymous_bytes(each) for each in family(pid)) / 1e6))

    return look


def anonymous_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss_Anon:"))


def counted(gateway: Gateway, product: str, recorded: Counter[str]) -> None:
    """Counts what closed logs hold, and takes them away, as a seal would."""
    for log in (gateway.records_folder / product).glob("*.log"):
        recorded["rows"] += sum(isinstance(each, Record) for each in frames(log.read_bytes()))
        log.unlink()


def told_minutes(seconds: float, began: float, tally: Tally, samples: Sequence[tuple[float, float]]) -> None:
    """A line a minute, as they pass."""
    print(f"{'minute':>6} {'requests':>9} {'p50 ms':>8} {'p99 ms':>8} {'PSS MB':>8}")
    minute = 0
    while (left := began + seconds - time.monotonic()) > 0:
        time.sleep(min(60.0, left))
        start = began + 60 * minute
        with tally.lock:
            took = sorted(each for at, each in tally.took if start <= at < start + 60)
        held = [mb for at, mb in samples if start <= at < start + 60]
        minute += 1
        print(
            f"{minute:>6} {len(took):>9,} {quantile(took, 0.5) * 1000:>8.2f} "
            f"{quantile(took, 0.99) * 1000:>8.2f} {mean(held):>8.1f}",
            flush=True,
        )


def judged(warm_up: float, began: float, tally: Tally, samples: Seen, own: Seen) -> bool:
    """Says how memory and times went; whether any of them grows."""
    took = [(at, seconds * 1000) for at, seconds in tally.took]
    grown = {
        "memory of its own": (growth(own, began=began, warm_up=warm_up), "MB"),
        "p50": (
            growth(took, began=began, warm_up=warm_up, of=lambda part: quantile(sorted(part), 0.5)),
            "ms",
        ),
        "p99": (
            growth(took, began=began, warm_up=warm_up, of=lambda part: quantile(sorted(part), 0.99)),
            "ms",
        ),
    }
    for name, (each, unit) in grown.items():
        print(in_words(name, each, unit))
    print(in_words("PSS, not judged", growth(samples, began=began, warm_up=warm_up), "MB"))
    return any(each is not None and each.grows for each, _ in grown.values())


def told(tally: Tally, recorded: int, grows: bool) -> int:  # noqa: FBT001 - it is one of the three verdicts
    """The verdict: 1 if an answer was wrong, a refusal not asked for, a record missing, or anything grows."""
    print("asked: " + ", ".join(f"{count:,} {kind}" for kind, count in tally.asked.most_common()))
    print(f"wrong answers: {sum(tally.wrong.values())}  {dict(tally.wrong.most_common(5)) or ''}")
    print(f"not as asked for: {sum(tally.unasked.values())}  {dict(tally.unasked.most_common(5)) or ''}")
    print(f"turned away, as more was asked than the machine could do: {tally.overloaded:,}")
    print(f"rows answered {tally.rows:,}, recorded {recorded:,}, missing {max(0, tally.rows - recorded):,}")
    turned_away = tally.overloaded > MOST_OVERLOADED * sum(tally.asked.values())
    return int(bool(tally.wrong or tally.unasked or turned_away or recorded < tally.rows or grows))


def same(one: object, other: object, *, within: float) -> bool:
    """Whether two predictions are the same, but for the last digits of single precision."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name], within=within) for name in one)
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=within)
    return one == other


def quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan


if __name__ == "__main__":
    sys.exit(main())
