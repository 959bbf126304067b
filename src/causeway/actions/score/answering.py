"""One part of the rows, answered as the gateway would; this runs in a process of its own."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.score.drawing import arms_of, withheld_answer
from causeway.actions.score.files import part_files
from causeway.actions.score.filling import Filled
from causeway.actions.workspace import write_whole
from causeway.adapters import registry
from causeway.adapters.ports import PartRows
from causeway.core.assignment import HOLDOUT
from causeway.core.contract_text import read_contract
from causeway.core.errors import OutsideError
from causeway.core.ids import digest_of
from causeway.core.release import Field
from causeway.core.routes import Route, RouteFile
from causeway.core.score import Part, PartDone, Staged, outputs_of, prediction_ids
from causeway.core.table import Table
from causeway.gateway.answers.plane import flagged
from causeway.gateway.answers.together import WITHHELD
from causeway.gateway.models.columnwise import Columnwise, columnwise_of
from causeway.gateway.models.model import Predicted
from causeway.gateway.models.worker import Worker
from causeway.gateway.protocols.invocations import NULLS, csv_value
from causeway.gateway.refusals import Invalid, NotReady, TooLong
from causeway.gateway.routes.private import private_of
from causeway.gateway.routes.routing import Live, Routing, Variant, next_routing
from causeway.gateway.rows.schema import Row

WORKER_ROWS = 500
"""So few at a time that a process of the release's own answers within its time."""
MODEL_ROWS = 5_000
PATIENCE_SECONDS = 60.0
_PLACE = re.compile(r"^row \d+[,:] ")
_GOT = re.compile(r", got .*$", re.DOTALL)
_VALUE = re.compile(r": \S.* (was never seen|cannot be read|has a character|is of the wrong)", re.DOTALL)


class Setup(Struct, frozen=True):
    """All that a process must know to answer parts; `arm` is used where the release is not live."""

    score: str
    digest: str
    scratch: str
    staged: tuple[Staged, ...]
    route: Route
    contracts: dict[str, str] = {}
    """The text of each release's contract, where it has one."""
    arm: str = ""
    unit: str = ""
    """The column by which a row's release is drawn; its number where there is none."""
    entity: str = ""
    """The column that names whom a row is about, where it is recorded though no release takes it."""
    keep: tuple[str, ...] = ()
    consumer: str = ""
    at_us: int = 0


class Answerer:
    """The releases of a setup, loaded and proven once for all parts that this process answers."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._runner = asyncio.Runner()
        self._live = self._loaded()
        self._columnwise = {
            each.loaded.digest: columnwise_of(each.loaded, Path(served.bundle))
            for each, served in zip(self._live.variants, setup.route.served, strict=True)
        }
        self._contracts = {name: read_contract(text, where=name) for name, text in setup.contracts.items()}
        signatures = [each.loaded.release.signature for each in self._live.variants]
        self._fields = tuple({f.name: f for made in signatures for f in made.inputs}.values())
        self._outputs = outputs_of([made.outputs for made in signatures])

    def answer(self, part: Part, *, at_us: Sequence[int] = ()) -> PartDone:
        """The part's answers, its rows that were set apart, and its records, each in a file of its own.

        `at_us` says when each row was asked, where not all were at the setup's time.
        """
        setup, started = self._setup, time.perf_counter()
        staged = setup.staged[part.file]
        rows = registry.tables().read(staged, part, nothing=NULLS)
        filled = Filled(len(rows), first=part.first)
        apart: dict[int, tuple[str, ...]] = {}
        unchecked: tuple[str, ...] = ()
        for variant, chosen in arms_of(self._live, rows, part, unit=setup.unit):
            broken, left = self._against_contract(rows, variant)
            broken = {position: rules for position, rules in broken.items() if chosen[position]}
            good = chosen.copy()
            good[list(broken)] = False
            taken = np.flatnonzero(good)
            apart |= broken | self._answer_of(variant, rows, taken, filled, textual=staged.textual)
            unchecked = tuple(dict.fromkeys((*unchecked, *left)))
        if setup.entity:
            filled.put_beside(setup.entity, rows.rows(range(len(rows)), [setup.entity]))
        broke = Counter(map(rule_of, chain.from_iterable(apart.values())))
        seconds = time.perf_counter() - started
        return self._written(
            part, rows, filled, apart, at_us=at_us, seconds=seconds, rules=dict(broke), unchecked=unchecked
        )

    def close(self) -> None:
        """Ends the processes of the releases' own."""
        for variant in self._live.variants:
            if variant.loaded.worker:
                self._runner.run(variant.loaded.worker.close())
        self._runner.close()

    def _loaded(self) -> Live:
        def start(worker: Worker) -> None:
            self._runner.run(worker.start())

        route = self._setup.route
        live = next_routing(RouteFile(1, (route,)), Routing(), start=start).live[route.product]
        if live.problem:
            raise NotReady(live.problem, hint="make the release again, or score with another one")
        return live

    def _against_contract(
        self, rows: PartRows, variant: Variant
    ) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
        contract = self._contracts.get(variant.loaded.digest)
        return rows.faults(contract, without=variant.loaded.release.target) if contract else ({}, ())

    def _answer_of(
        self, variant: Variant, rows: PartRows, chosen: NDArray[np.int64], filled: Filled, *, textual: bool
    ) -> dict[int, tuple[str, ...]]:
        """Fills in what this release answers; the rows that it does not take, with the reason."""
        ids = prediction_ids(variant.loaded.digest, self._setup.digest, filled.numbers(chosen))
        filled.begin(variant, chosen, ids=ids)
        if variant.arm == HOLDOUT:
            return self._withhold(variant, rows, chosen, filled, textual=textual)
        whole = self._columnwise[variant.loaded.digest]
        rest = chosen
        if whole is not None and len(chosen):
            rest = self._by_columns(variant, whole, rows, chosen, filled)
        return self._by_rows(variant, rows, rest, filled, textual=textual)

    def _withhold(
        self, variant: Variant, rows: PartRows, chosen: NDArray[np.int64], filled: Filled, *, textual: bool
    ) -> dict[int, tuple[str, ...]]:
        """Fills in that these rows get no answer, if the model would take them; what it says is recorded."""
        fields = variant.loaded.release.signature.inputs
        told = withheld_answer(self._live, variant, self._outputs)
        apart: dict[int, tuple[str, ...]] = {}
        checked: list[tuple[int, Row]] = []
        places = chosen.tolist()
        for position, row in zip(places, rows.rows(places, [each.name for each in fields]), strict=True):
            try:
                one = variant.loaded.schema.check([_read(row, fields) if textual else row])
            except Invalid as refusal:
                apart[position] = (_said(refusal),)
            else:
                filled.put_withheld(position, one.rows[0], told, (*one.flags[0], WITHHELD))
                checked.append((position, one.rows[0]))
        size = WORKER_ROWS if variant.loaded.worker else MODEL_ROWS
        for begin in range(0, len(checked), size):
            some = checked[begin : begin + size]
            for first, predicted in self._predicted(variant, [row for _, row in some]):
                if isinstance(predicted, Predicted):
                    filled.keep([position for position, _ in some[first:]], predicted)
        return apart

    def _by_columns(
        self, variant: Variant, whole: Columnwise, rows: PartRows, chosen: NDArray[np.int64], filled: Filled
    ) -> NDArray[np.int64]:
        """Answers the rows of which there is nothing to say; the others."""
        release = variant.loaded.release
        read = {field.name: rows.column(field.name, field.kind) for field in release.signature.inputs}
        table = Table({name: column for name, (column, _) in read.items()})
        if len(chosen) < len(rows):
            table = table.take(chosen)
        made = whole.of(table, names=release.model.input_names)
        strange = np.any([mask[chosen] for _, mask in read.values()], axis=0)
        plain = made.rows & ~strange
        kept = plain[made.rows]
        tensors = {name: tensor[kept] for name, tensor in made.tensors.items()}
        if kept.any():
            try:
                fed = variant.loaded.model.predict_fed(tensors, int(kept.sum()))
            except Invalid:
                # which row it is, and why, is found row by row
                return chosen
            predicted = self._aligned(variant, fed)
            taken = table if plain.all() else table.take(np.flatnonzero(plain))
            filled.put_columns(chosen[plain], taken, predicted.answers)
        return chosen[~plain]

    def _by_rows(
        self, variant: Variant, rows: PartRows, rest: NDArray[np.int64], filled: Filled, *, textual: bool
    ) -> dict[int, tuple[str, ...]]:
        fields = variant.loaded.release.signature.inputs
        apart: dict[int, tuple[str, ...]] = {}
        size = WORKER_ROWS if variant.loaded.worker else MODEL_ROWS
        for begin in range(0, len(rest), size):
            positions = rest[begin : begin + size].tolist()
            sent = rows.rows(positions, [field.name for field in fields])
            if textual:
                sent = [_read(row, fields) for row in sent]
            apart |= self._answer_rows(variant, positions, sent, filled)
        return apart

    def _answer_rows(
        self, variant: Variant, positions: Sequence[int], sent: Sequence[dict[str, Any]], filled: Filled
    ) -> dict[int, tuple[str, ...]]:
        apart: dict[int, tuple[str, ...]] = {}
        checked: list[tuple[int, Row, tuple[str, ...]]] = []
        for position, row in zip(positions, sent, strict=True):
            try:
                one = variant.loaded.schema.check([row])
                checked.append((position, one.rows[0], one.flags[0]))
            except Invalid as refusal:
                apart[position] = (_said(refusal),)
        for begin, predicted in self._predicted(variant, [row for _, row, _ in checked]):
            if isinstance(predicted, Invalid):
                apart[checked[begin][0]] = (_said(predicted),)
            else:
                apart |= _taken(variant, checked[begin:], predicted, filled)
        return apart

    def _predicted(
        self, variant: Variant, rows: list[Row], begin: int = 0
    ) -> list[tuple[int, Predicted | Invalid]]:
        """The answers in pieces, each with its first row; a row that is not taken is a piece of its own."""
        if not rows:
            return []
        try:
            return [(begin, self._asked(variant, rows))]
        except (Invalid, TooLong) as refusal:
            if len(rows) == 1:
                if isinstance(refusal, Invalid):
                    return [(begin, refusal)]
                raise
        middle = len(rows) // 2
        return [
            *self._predicted(variant, rows[:middle], begin),
            *self._predicted(variant, rows[middle:], begin + middle),
        ]

    def _asked(self, variant: Variant, rows: list[Row]) -> Predicted:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._aligned(variant, self._runner.run(variant.loaded.predict(rows)))
            except NotReady:
                if time.monotonic() > until:
                    raise
                # its process is being started again, which happens while the loop turns
                self._runner.run(asyncio.sleep(0.1))

    def _aligned(self, variant: Variant, predicted: Predicted) -> Predicted:
        """The same answers, their probabilities in the order of classes that all releases share."""
        own = {output.name: output for output in variant.loaded.release.signature.outputs}
        answers = dict(predicted.answers)
        for output in self._outputs:
            known = own.get(output.name)
            if known and known.kind == "probability" and known.classes != output.classes:
                places = {each: place for place, each in enumerate(known.classes)}
                order = [places.get(each) for each in output.classes]
                told: list[Any] = answers[output.name]
                answers[output.name] = [
                    value and [None if place is None else value[place] for place in order] for value in told
                ]
        return msgspec.structs.replace(predicted, answers=answers)

    def _written(
        self,
        part: Part,
        rows: PartRows,
        filled: Filled,
        apart: dict[int, tuple[str, ...]],
        *,
        at_us: Sequence[int],
        seconds: float,
        rules: dict[str, int],
        unchecked: tuple[str, ...],
    ) -> PartDone:
        setup, files = self._setup, part_files(Path(self._setup.scratch), part.number)
        positions = filled.positions
        rows.write_answers(
            files.answers, positions, filled.answers(self._outputs, arm=setup.arm), keep=setup.keep
        )
        rows.write_apart(files.apart, part.first, apart)
        segment = ""
        if positions and setup.route.records != "off":
            columns = filled.records(
                self._outputs,
                (*self._fields, *([Field(setup.entity, "text")] if setup.entity else ())),
                arm=setup.arm,
                at_us=at_us or setup.at_us,
                request=f"{setup.score}/{part.number}",
                consumer=setup.consumer,
                # rows with times of their own were asked one by one
                latency_us=int(seconds * 1e6 / (len(positions) if at_us else 1)),
            )
            private = private_of(setup.route)
            content = registry.segment_files().encode(private.columns(columns) if private else columns)
            segment = digest_of(content)
            write_whole(files.segment, content)
        done = PartDone(
            number=part.number,
            scored=len(positions),
            set_apart=len(apart),
            arms=filled.arms(arm=setup.arm),
            segment=segment,
            rules=rules,
            unchecked=unchecked,
        )
        write_whole(files.done, msgspec.json.encode(done))
        return done


def _read(row: dict[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """The values of a row of texts, read as the gateway reads CSV."""
    kinds = {field.name: field.kind for field in fields}
    return {name: csv_value(text or "", kinds[name]) for name, text in row.items()}


def _taken(
    variant: Variant,
    checked: Sequence[tuple[int, Row, tuple[str, ...]]],
    predicted: Predicted,
    filled: Filled,
) -> dict[int, tuple[str, ...]]:
    """Fills in the answers to these rows; those with a problem that is refused, with the reason."""
    apart: dict[int, tuple[str, ...]] = {}
    problems: dict[int, list[Any]] = {}
    for problem in predicted.problems:
        problems.setdefault(problem.row, []).append(msgspec.structs.replace(problem, row=0))
    for place in range(len(next(iter(predicted.answers.values())))):
        position, row, flags = checked[place]
        try:
            [told] = flagged([flags], problems.get(place, ()), variant)
        except Invalid as refusal:
            apart[position] = (_said(refusal),)
        else:
            filled.put_row(position, row, {n: each[place] for n, each in predicted.answers.items()}, told)
    return apart


def rule_of(reason: str) -> str:
    """What a row broke, without the value that it had."""
    return _VALUE.sub(r": a value \1", _GOT.sub("", reason))


def _said(refusal: Invalid) -> str:
    return _PLACE.sub("", refusal.message)


def answer_here(setup: Setup, part: Part) -> PartDone:
    """The only part of a scoring, answered in this process."""
    answerer = Answerer(setup)
    try:
        return answerer.answer(part)
    finally:
        answerer.close()


_answerers: dict[bytes, Answerer] = {}


def answer_part(setup: bytes, part: bytes) -> bytes:
    """The job of a process: one part, by the releases that it loads when it is asked first."""
    try:
        if setup not in _answerers:
            _answerers[setup] = Answerer(msgspec.json.decode(setup, type=Setup))
        return msgspec.json.encode(_answerers[setup].answer(msgspec.json.decode(part, type=Part)))
    except (NotReady, TooLong) as error:
        # these carry more than a message, which does not get through to another process
        raise OutsideError(error.message, hint=error.hint) from None
