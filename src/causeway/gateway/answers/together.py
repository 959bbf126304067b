"""Rows of one request that are not all answered by the same release, or by any."""

import asyncio
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import cast

from msgspec import Struct, structs

from causeway.core.assignment import HOLDOUT, unit_of
from causeway.core.errors import CausewayError
from causeway.core.records import Value
from causeway.core.release import Output, Signature
from causeway.core.score import outputs_of
from causeway.core.typed_rows import TypedRows
from causeway.gateway.answers.fallback import fallback_answers
from causeway.gateway.answers.plane import Asked, flagged
from causeway.gateway.models.bundles import Loaded
from causeway.gateway.models.model import RUNTIME_ERRORS, Answers, Model, Predicted
from causeway.gateway.refusals import Invalid
from causeway.gateway.routes.routing import Live, Variant
from causeway.gateway.rows.schema import INTEGER_RANGE, Checked, Row, Schema, at, shown

WITHHELD = "withheld"
"""The flag of a row that gets no answer of the model, for the sake of a comparison."""
WITHHELD_SECONDS = 0.05
"""So long is waited at most for what a release would have said."""
UNNAMED = "unnamed"
"""The flag, with the entity's name, of a row that does not say whom it is about."""
_ROW = re.compile(r"^row (\d+)")

Rows = Sequence[Mapping[str, object]]


def drawn(live: Live, variant: Variant, asked: Asked, *, pinned: bool) -> tuple[Variant, Asked]:
    """Who answers these rows, and the rows as the releases take them; `pinned` where the caller named one."""
    entity, lots = live.route.entity, live.lots
    if lots is None or not asked.rows:
        return variant, asked
    named = [_unit(row, entity, number) for number, row in enumerate(asked.rows)] if entity else []
    units = [unit or asked.unit for unit in named] if entity else [asked.unit] * len(asked.rows)
    arms = [(-1 if pinned else lots.release(unit), lots.held_out(unit)) for unit in units]
    first, withheld = arms[0]
    if not withheld and all(named) and all(arm == arms[0] for arm in arms):
        chosen = variant if pinned else live.variants[first]
        if chosen is not variant and isinstance(asked.rows, TypedRows):
            # they are of the type of the release by which the body was read
            asked = structs.replace(asked, rows=list(asked.rows))
        return chosen, taken_off(asked, chosen, entity)
    by = tuple(_whose(live, variant, arm) for arm in arms)
    return _together(live, by, [not unit for unit in named]), asked


def who_answered(variant: Variant) -> tuple[tuple[str, str], ...]:
    """The headers that name the releases which answered together, and say how many rows none did."""
    withheld = sum(each.arm == HOLDOUT for each in variant.by)
    headers = (("causeway-release", variant.loaded.digest), ("causeway-withheld", str(withheld)))
    return tuple(pair for pair in headers if pair[1] not in ("", "0"))


@contextmanager
def held(variants: Sequence[Variant]) -> Generator[None]:
    """Keeps all of these able to answer while a request is on its way."""
    with ExitStack() as stack:
        for variant in variants:
            stack.enter_context(variant.loaded.held())
        yield


def _unit(row: Mapping[str, object], entity: str, number: int) -> str:
    value = row.get(entity)
    if value is not None and not isinstance(value, str | int | float):
        raise Invalid(
            f"{at(entity, number)}: {shown(value)} names nobody", hint="send a text, a number or null"
        )
    if isinstance(value, int) and value not in INTEGER_RANGE:
        raise Invalid(f"{at(entity, number)}: too large", hint="send a text, or at most 64 bits")
    return unit_of(value)


def _whose(live: Live, variant: Variant, arm: tuple[int, bool]) -> Variant:
    position, withheld = arm
    mine = variant if position < 0 else live.variants[position]
    return structs.replace(mine, arm=HOLDOUT) if withheld else mine


def taken_off(asked: Asked, variant: Variant, entity: str) -> Asked:
    """The request without the entity, where the release does not take it; it is recorded beside."""
    if not entity or entity in variant.loaded.schema.names:
        return asked
    return structs.replace(
        asked,
        rows=_without(asked.rows, entity),
        entity=entity,
        entities=[cast("Value", row.get(entity)) for row in asked.rows],
    )


def _without(rows: Rows, entity: str) -> Rows:
    return [{name: value for name, value in row.items() if name != entity} for row in rows]


class Part(Struct):
    """The rows of a request that are one release's, by number."""

    variant: Variant
    rows: list[int]
    checked: Checked = Checked([], [])


class Several:
    """Stands where a schema and a model stand, for the rows of one request: each part has its own."""

    def __init__(self, live: Live, parts: Sequence[Part], *, unnamed: Sequence[bool]) -> None:
        self._live = live
        self._parts = parts
        self._unnamed = unnamed
        self._flags: list[tuple[str, ...]] = []
        self.at_fault = ""
        """The version of the release that refused or failed its rows, if one did."""
        self.outputs = outputs_of([part.variant.loaded.release.signature.outputs for part in parts])

    def check(self, rows: Rows) -> Checked:
        """The rows in the order in which they came, each as its own release takes it."""
        entity = self._live.route.entity
        checked: list[Row] = [{}] * len(rows)
        self._flags = [()] * len(rows)
        for part in self._parts:
            schema = part.variant.loaded.schema
            mine = [rows[i] for i in part.rows]
            taken = not entity or entity in schema.names
            with self._told(part):
                part.checked = schema.check(mine if taken else _without(mine, entity))
            for i, row, flags in zip(part.rows, part.checked.rows, part.checked.flags, strict=True):
                checked[i] = row if taken else row | {entity: cast("Value", rows[i].get(entity))}
                self._flags[i] = flags
        for i, unnamed in enumerate(self._unnamed):
            if unnamed:
                self._flags[i] = (*self._flags[i], f"{UNNAMED}:{entity}")
        return Checked(checked, self._flags)

    def predict(self, rows: Sequence[Row]) -> Predicted:
        """The answers of releases that are in this process."""
        answers = self._blank(len(rows))
        for part in self._answering():
            with self._told(part):
                predicted = cast("Model", part.variant.loaded.model).predict(part.checked.rows)
            self._put(part, predicted, answers)
        kept = self._to_keep(answers)
        for part in self._withheld():
            with suppress(CausewayError, *RUNTIME_ERRORS):
                self._keep(part, cast("Model", part.variant.loaded.model).predict(part.checked.rows), kept)
            self._withhold(part, answers)
        return Predicted(answers, (), kept)

    async def asked(self, rows: Sequence[Row]) -> Predicted:
        """The answers of releases wherever they run."""
        answers = self._blank(len(rows))
        for part in self._answering():
            with self._told(part):
                predicted = await part.variant.loaded.predict(part.checked.rows)
            self._put(part, predicted, answers)
        kept = self._to_keep(answers)
        for part in self._withheld():
            # nobody waits for what nobody is told
            with suppress(CausewayError, TimeoutError, *RUNTIME_ERRORS):
                async with asyncio.timeout(WITHHELD_SECONDS):
                    self._keep(part, await part.variant.loaded.predict(part.checked.rows), kept)
            self._withhold(part, answers)
        return Predicted(answers, (), kept)

    def _answering(self) -> list[Part]:
        return [part for part in self._parts if part.variant.arm != HOLDOUT]

    def _withheld(self) -> list[Part]:
        return [part for part in self._parts if part.variant.arm == HOLDOUT]

    def _to_keep(self, answers: Answers) -> Answers | None:
        """The answers once more, for the record: it has what the holdout is not told."""
        return {name: [*values] for name, values in answers.items()} if self._withheld() else None

    @contextmanager
    def _told(self, part: Part) -> Generator[None]:
        """Keeps whose rows were at fault; what is wrong with one is said of its number in the request."""
        try:
            yield
        except Invalid as error:
            self.at_fault = part.variant.loaded.version
            said = _ROW.sub(lambda found: f"row {part.rows[int(found[1])]}", error.message)
            raise Invalid(said, hint=error.hint) from None
        except BaseException:
            self.at_fault = part.variant.loaded.version
            raise

    def _blank(self, rows: int) -> Answers:
        return {output.name: [None] * rows for output in self.outputs}

    def _withhold(self, part: Part, answers: Answers) -> None:
        given: Mapping[str, object] = {}
        if self._live.route.withheld == "fallback":
            given = fallback_answers(part.variant.loaded.release, self._live.route.fallback, self.outputs)
        for i in part.rows:
            self._flags[i] = (*self._flags[i], WITHHELD)
            for name, value in given.items():
                answers[name][i] = value

    def _keep(self, part: Part, predicted: Predicted, kept: Answers | None) -> None:
        """Puts answers that nobody is told into their places; a row that is not taken has none."""
        refused = {problem.row for problem in predicted.problems if problem.refused}
        for output, told in self._in_places(part, predicted):
            for place, (i, value) in enumerate(zip(part.rows, told, strict=True)):
                if kept is not None and place not in refused:
                    kept[output][i] = value

    def _in_places(self, part: Part, predicted: Predicted) -> Iterator[tuple[str, Sequence[object]]]:
        own = {output.name: output for output in part.variant.loaded.release.signature.outputs}
        for output in self.outputs:
            if output.name in own:
                yield output.name, _aligned(predicted.answers[output.name], own[output.name], output)

    def _put(self, part: Part, predicted: Predicted, answers: Answers) -> None:
        """Puts a part's answers into their places."""
        for output, told in self._in_places(part, predicted):
            for i, value in zip(part.rows, told, strict=True):
                answers[output][i] = value
        if predicted.problems:
            with self._told(part):
                flags = flagged([self._flags[i] for i in part.rows], predicted.problems, part.variant)
            for i, said in zip(part.rows, flags, strict=True):
                self._flags[i] = said


class Together(Loaded, frozen=True):
    """The releases that answer one request; `digest` names those that do, one after another."""

    several: Several | None = None
    versions: str = ""

    async def predict(self, rows: Sequence[Row]) -> Predicted:
        """The answers for these rows, which were checked by the same object."""
        return await cast("Several", self.several).asked(rows)

    @property
    def version(self) -> str:
        """Their names as callers write them."""
        return self.versions

    @property
    def at_fault(self) -> str:
        """The one of them that failed, where one did."""
        return cast("Several", self.several).at_fault or self.versions


def _together(live: Live, by: tuple[Variant, ...], unnamed: Sequence[bool]) -> Variant:
    """A variant for one request, which hands each row to whom it was drawn for."""
    parts: dict[tuple[str, str], Part] = {}
    for i, variant in enumerate(by):
        parts.setdefault((variant.loaded.digest, variant.arm), Part(variant, [])).rows.append(i)
    # whoever answers most says how classes are ordered
    ranked = sorted(parts.values(), key=lambda part: -part.variant.share)
    several = Several(live, ranked, unnamed=unnamed)
    answering = {
        part.variant.loaded.digest: part.variant.loaded
        for part in parts.values()
        if part.variant.arm != HOLDOUT
    }
    model = by[0].loaded
    release = structs.replace(
        model.release, signature=Signature(model.release.signature.inputs, several.outputs)
    )
    loaded = Together(
        digest=", ".join(answering),
        release=release,
        # what is asked of either, here one object does for all releases
        schema=cast("Schema", several),
        model=cast("Model", several),
        pace=model.pace,
        several=several,
        versions=",".join(each.version for each in answering.values()) or model.version,
    )
    return Variant(loaded, 100, by[0].arm, by[0].private, by=by, shadow=by[0].shadow)


def _aligned(values: Sequence[object], own: Output, wanted: Output) -> Sequence[object]:
    """Probabilities in the order of classes that all releases of the request share."""
    if own.kind != "probability" or own.classes == wanted.classes:
        return values
    order = [own.classes.index(name) if name in own.classes else None for name in wanted.classes]
    told = cast("Sequence[Sequence[object] | None]", values)
    return [value and [None if place is None else value[place] for place in order] for value in told]
