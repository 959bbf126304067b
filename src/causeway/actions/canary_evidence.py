"""Gathers the evidence on a canary's step: records as they are written, segments, outcomes."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from msgspec import structs

from causeway.actions.bundles import describe
from causeway.actions.canary_kpi import Heard, heard, shortfalls_by_release
from causeway.actions.canary_logs import Logs
from causeway.actions.label import outcomes_joined
from causeway.actions.routes import current_routes
from causeway.actions.seal import log_folder
from causeway.actions.segments import PREDICTIONS, segment_source
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.canary import Evidence
from causeway.assess.canary_outcomes import (
    by_release,
    losses_of,
    microseconds,
    numbers,
    regrets_of,
    stacked,
    texts,
    values_of,
)
from causeway.assess.canary_rows import (
    Answered,
    Measure,
    Row,
    first_median,
    measures_of,
    own_answer,
    waits_for_median,
    with_kpi,
    with_losses,
    with_pairs,
    with_regrets,
    with_requests,
    with_rows,
)
from causeway.core.assignment import unit_of
from causeway.core.events import SegmentSealed
from causeway.core.ids import beside, short
from causeway.core.records import FLAG_SEPARATOR, Failed, Record
from causeway.core.table import Numbers, Table
from causeway.views.canary import Canary
from causeway.views.product import ProductState

NAMING = ("hash", "keep", "")
"""Ways of recording a personal input that keep apart whom it names."""

KEPT_SECONDS = 30 * 86_400
SETTLE_US = 2e6
"""After which every process of the gateway follows the new shares."""

StateOf = Callable[[], ProductState]


class Gatherer:
    """The evidence of one step, kept up to date; each look reads only what came since."""

    def __init__(self, work: Workspace, product: str, canary: Canary) -> None:
        self._work, self._product, self.canary = work, product, canary
        self._signature = describe(work, canary.champion).release.signature
        self._since_us = microseconds(canary.step_at or canary.started_at)
        self._entity = _entity(work, product)
        self._begin()

    def look(self, state_of: StateOf) -> Evidence:
        """All evidence up to now."""
        whole = False
        try:
            if self._logs is None:
                self._load(state_of)
            elif not self._follow(state_of):
                # a log came and was sealed between two looks: everything is read anew
                self.close()
                self._load(state_of)
            state = state_of()
            self._judge_outcomes(state)
            self._judge_kpi(state)
            whole = True
            return self._evidence
        finally:
            if not whole:
                # nobody knows how much of it was counted
                self.close()

    def close(self) -> None:
        """Lets go of the logs."""
        if self._logs is not None:
            self._logs.close()
        self._begin()

    def _begin(self) -> None:
        self._logs: Logs | None = None
        self._evidence = Evidence()
        self._segments: set[str] = set()
        self._waiting: list[Row] = []
        waits = waits_for_median(self._signature)
        self._measures: dict[str, Measure] | None = None if waits else measures_of(self._signature)
        self._seen: set[tuple[str, bool]] = set()
        self._unpaired: dict[str, Answered] = {}
        self._outcomes = 0, 0
        self._heard = Heard()
        # later steps only change shares between releases that are loaded already
        first = self.canary.percent in (0, *self.canary.steps[:1])
        self._begun_us: float = math.inf if first else self._since_us

    def _load(self, state_of: StateOf) -> None:
        logs = Logs(log_folder(self._work, self._product))
        self._logs = logs
        logs.forget_failures(before=self._since_us / 1e6 - KEPT_SECONDS)
        fresh = list(logs.records())
        failures = list(logs.failures())
        # after the logs: what was sealed in between is in both, and told apart by its id
        segments = _sealed(state_of())
        ids = {record.id for record in fresh}
        self._segments = {segment.segment for segment in segments}
        late = [each for each in segments if each.last_at and microseconds(each.last_at) >= self._since_us]
        late.sort(key=_first_us)
        rows = list(self._rows(fresh))
        # one segment at a time, however long the trial has been going on
        self._begins(next(filter(_canarys, (self._of(each, ids) for each in late)), rows), failures)
        for each in late:
            self._add(self._of(each, ids), [])
        self._add(rows, failures)

    def _of(self, segment: SegmentSealed, known: set[str]) -> list[Row]:
        """The rows of a segment, less those that were in logs as well."""
        table = registry.segment_files().read([segment_source(self._work, segment)])
        return list(self._rows_of_table(table, known)) if len(table) else []

    def _follow(self, state_of: StateOf) -> bool:
        """Reads on; False where something was missed."""
        logs = self._logs
        if logs is None:
            return False
        before = logs.sealed
        rows = list(self._rows(logs.records()))
        failures = list(logs.failures())
        new = [each for each in _sealed(state_of()) if each.segment not in self._segments]
        unknown = {name for each in new for name in each.replaces} - self._segments
        self._segments |= {each.segment for each in new}
        told = logs.sealed - before
        # rows that were joined into another segment were counted when they came
        if unknown or told != sum(each.rows for each in new if not each.replaces):
            return False
        self._add(rows, failures)
        return True

    def _add(self, rows: Sequence[Row], failures: Sequence[Failed]) -> None:
        self._begins(rows, failures)
        if self._measures is None:
            self._waiting += rows
            median = first_median(self._signature, self._waiting)
            rows = []
            if median is not None:
                self._measures = measures_of(self._signature, median=median)
                rows, self._waiting = self._waiting, []
        rows = [row for row in rows if row.at_us >= self._begun_us]
        self._evidence = with_requests(self._evidence, rows)
        rows = self._fresh(rows)
        settled_us = self._begun_us + SETTLE_US
        measures = self._measures or {}
        self._evidence = with_rows(self._evidence, rows, measures, settled_us=settled_us)
        if not self.canary.steps:
            self._evidence = with_pairs(self._evidence, rows, measures, self._unpaired)
        for failed in failures:
            # nobody knows of whom a refused request was
            self._refused(failed, settled=failed.at_ns / 1000 >= settled_us and not self._entity)

    def _begins(self, rows: Sequence[Row], failures: Sequence[Failed]) -> None:
        """Finds when the canary was first heard of: before, the gateway was still loading it."""
        if self._begun_us < math.inf:
            return
        heard = [row.at_us for row in rows if row.canary]
        heard += [each.at_ns // 1000 for each in failures if each.release == short(self.canary.release)]
        self._begun_us = min((at for at in heard if at >= self._since_us), default=math.inf)

    def _refused(self, failed: Failed, *, settled: bool) -> None:
        seen, count = self._evidence, failed.count
        if failed.at_ns // 1000 < self._begun_us:
            return
        mine, others = seen.assigned
        if failed.release == short(self.canary.release):
            arm = structs.replace(seen.canary, refused=seen.canary.refused + count)
            seen = structs.replace(seen, canary=arm, assigned=(mine + settled * count, others))
        elif failed.release == short(self.canary.champion):
            arm = structs.replace(seen.champion, refused=seen.champion.refused + count)
            seen = structs.replace(seen, champion=arm, assigned=(mine, others + settled * count))
        self._evidence = seen

    def _fresh(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of units that were not counted yet; a request comes once, an entity may come again."""
        if not self._entity:
            return rows
        new = [row for row in rows if (row.unit, row.canary) not in self._seen]
        self._seen |= {(row.unit, row.canary) for row in new}
        return new

    def _rows(self, records: Iterable[Record]) -> Iterator[Row]:
        known = {self.canary.release: True, self.canary.champion: False}
        for each in records:
            canary = known.get(each.release)
            if canary is None or each.at_ns // 1000 < self._since_us or not own_answer(each.arm, each.flags):
                continue
            unit = unit_of(each.inputs.get(self._entity)) if self._entity else ""
            request = f"{each.request}/{each.at_ns // 1000}"
            yield Row(
                each.at_ns // 1000,
                unit or request,
                canary,
                each.latency_us,
                each.outputs,
                bool(each.flags),
                request,
            )

    def _rows_of_table(self, table: Table, known: set[str]) -> Iterator[Row]:
        """The rows of a segment's table, less the known ones."""
        said = {name: texts(table, name) for name in ("id", "request", "release", "arm", "flags")}
        at, latency = numbers(table, "at"), numbers(table, "latency_us")
        entity = f"in_{self._entity}" if self._entity else ""
        units = values_of(table, entity) if entity in table.columns else None
        outputs = {
            name.removeprefix("out_"): values_of(table, name)
            for name in table.columns
            if name.startswith("out_")
        }
        releases = {self.canary.release: True, self.canary.champion: False}
        for i, name in enumerate(said["id"]):
            canary = releases.get(said["release"][i] or "")
            if canary is None or at[i] < self._since_us or name in known:
                continue
            if not own_answer(said["arm"][i] or "", (said["flags"][i] or "").split(FLAG_SEPARATOR)):
                continue
            unit = unit_of(units[i]) if units else ""
            request = f"{said['request'][i]}/{int(at[i])}"
            answers = {output: values[i] for output, values in outputs.items()}
            yield Row(
                int(at[i]),
                unit or request,
                canary,
                int(latency[i]),
                answers,
                bool(said["flags"][i]),
                request,
            )

    def _judge_outcomes(self, state: ProductState) -> None:
        """Counts the losses anew where outcomes, or a shadow's answers beside them, came in since then."""
        known = state.canary.outcomes if state.canary else 0
        sealed = 0 if self.canary.steps or not known else len(self._segments)
        if (known, sealed) == self._outcomes:
            return
        self._outcomes = known, sealed
        joined = outcomes_joined(self._work, self._product)
        if not self.canary.steps:
            joined = self._with_shadows(joined, state)
        losses = self._by_release(joined, losses_of(joined, self._signature, self.canary))
        self._evidence = with_losses(
            self._evidence, losses[True], losses[False], paired=not self.canary.steps
        )
        if self.canary.worth:
            regrets = self._by_release(joined, regrets_of(joined, self._signature, self.canary.worth))
            self._evidence = with_regrets(self._evidence, regrets[True], regrets[False])

    def _judge_kpi(self, state: ProductState) -> None:
        """Counts anew what was brought where values came since then, with outcomes or by themselves."""
        now = heard(state, now=self._work.clock.now())
        if self.canary.kpi is None or not now.is_news_to(self._heard):
            return
        self._heard = now
        found = shortfalls_by_release(self._work, state, self.canary, self.canary.kpi, entity=self._entity)
        self._evidence = with_kpi(self._evidence, found[True], found[False])

    def _by_release(self, joined: Table, values: Numbers) -> dict[bool, list[float]]:
        return by_release(joined, values, self.canary, entity=self._entity)

    def _with_shadows(self, joined: Table, state: ProductState) -> Table:
        """The live release's labelled rows that the shadow was asked too, each followed by the shadow's."""
        mine = [i for i, each in enumerate(texts(joined, "release")) if each == self.canary.champion]
        ids = texts(joined, "id")
        names = {beside(ids[i] or "", self.canary.release): i for i in mine}
        files = [segment_source(self._work, each) for each in _sealed(state)]
        outputs = [name for name in joined.columns if name.startswith("out_")]
        found = registry.segment_files().matching(files, names.keys(), columns=["id", "release", *outputs])
        order = np.array([names[each or ""] for each in texts(found, "id")], np.int64)
        known = joined.take(order)
        shadows = Table({**known.columns, **found.columns})
        return stacked(known, shadows)


def _canarys(rows: Sequence[Row]) -> bool:
    """Whether the canary answered any of them."""
    return any(row.canary for row in rows)


def _first_us(segment: SegmentSealed) -> int:
    return microseconds(segment.first_at) if segment.first_at else 0


def _sealed(state: ProductState) -> list[SegmentSealed]:
    return [segment for segment in state.segments if segment.stream == PREDICTIONS]


def _entity(work: Workspace, product: str) -> str:
    """The input by which rows are drawn, where the records still tell entities apart."""
    routes = current_routes(work)
    route = next((each for each in routes.routes if each.product == product), None) if routes else None
    if route is None or route.personal.get(route.entity, "") not in NAMING:
        return ""
    return route.entity
