"""Rows answered and recorded by what is live at that moment, as their callers would have been."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.decide import product_state
from causeway.actions.replay.rows import Rows
from causeway.actions.routes import route_of
from causeway.actions.score.answering import Answerer, Setup
from causeway.actions.score.files import part_files
from causeway.actions.segments import PREDICTIONS, new_segment, put_segment
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import NotFound
from causeway.core.ids import digest_of_value, short
from causeway.core.records import SegmentContent
from causeway.core.routes import Route
from causeway.core.score import Part
from causeway.core.table import Number, Table, Text

CONSUMER = "replay"


class Fed(Struct, frozen=True):
    """What became of some rows: the ids of those that were answered, by their place among all."""

    ids: dict[int, str]
    set_apart: int
    releases: dict[str, int]
    """How many rows each release answered."""
    rules: dict[str, int]
    """How many rows broke each rule, of those set apart."""


class Feeder:
    """Answers rows part after part; what is routed is read anew before each."""

    def __init__(self, work: Workspace, product: str, rows: Rows, scratch: Path) -> None:
        self._work, self._product, self._rows, self._scratch = work, product, rows, scratch
        self._name = f"replay-{short(digest_of_value([str(scratch), product]))}"
        self._route: Route | None = None
        self._answerer: Answerer | None = None
        self._number = 0

    def feed(self, first: int, last: int, at_us: Sequence[int]) -> Fed:
        """Answers the rows from the first up to, not with, the last, asked at these times."""
        self._number += 1
        part = Part(self._number, 0, first, last - first, first)
        done = self._ready().answer(part, at_us=at_us)
        files = part_files(self._scratch, part.number)
        ids: dict[int, str] = {}
        releases: Counter[str] = Counter()
        if done.segment:
            told = registry.segment_files().read([files.answers])
            ids = dict(
                zip((each - 1 for each in _numbers(told, "row")), _texts(told, "prediction_id"), strict=True)
            )
            releases = Counter(_texts(told, "release"))
            self._seal(files.segment.read_bytes(), done.scored, at_us)
        for file in (files.answers, files.apart, files.segment, files.done):
            file.unlink(missing_ok=True)
        return Fed(ids, done.set_apart, dict(releases), done.rules)

    def close(self) -> None:
        """Ends the processes of the releases' own."""
        if self._answerer:
            self._answerer.close()
            self._answerer = None

    def _ready(self) -> Answerer:
        state = product_state(self._work, self._product)
        if not state.shares:
            raise NotFound(f"nothing of {self._product} is live", hint="ship a release first: causeway ship")
        route = msgspec.structs.replace(route_of(self._work, state), warm=(), shadow=())
        if self._answerer is None or route != self._route:
            self.close()
            self._answerer, self._route = Answerer(self._setup(route)), route
        return self._answerer

    def _setup(self, route: Route) -> Setup:
        # a caller's row is held to the release's signature, which has the rules of a contract in force
        releases = {each.release: describe(self._work, each.release).release for each in route.served}
        columns = self._rows.staged.columns
        taken = {field.name for release in releases.values() for field in release.signature.inputs}
        named = route.entity in columns
        return Setup(
            score=self._name,
            digest=self._name,
            scratch=str(self._scratch),
            staged=(self._rows.staged,),
            route=route,
            unit=route.entity if named else "",
            entity=route.entity if named and route.entity not in taken else "",
            consumer=CONSUMER,
        )

    def _seal(self, content: bytes, rows: int, at_us: Sequence[int]) -> None:
        made = SegmentContent(content, rows, min(at_us), max(at_us))
        day = f"{datetime.fromtimestamp(made.first_us / 1e6, UTC):%Y-%m-%d}"
        new = new_segment(self._work, self._product, PREDICTIONS, made, day=day)
        put_segment(self._work, new)
        self._work.ledger.append(self._product, [new.fact], actor=self._work.actor, at=self._work.clock.now())


def _numbers(table: Table, name: str) -> list[int]:
    column = table.columns[name]
    return column.values.astype(np.int64).tolist() if isinstance(column, Number) else []


def _texts(table: Table, name: str) -> list[str]:
    column = table.columns[name]
    return [str(each) for each in column.values] if isinstance(column, Text) else []
