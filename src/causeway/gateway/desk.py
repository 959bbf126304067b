"""Calls that need no other process: those of one turn of the event loop share one run of the model."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from causeway.core.errors import CausewayError
from causeway.core.features import Problem
from causeway.core.typed_rows import joined
from causeway.gateway.asking import Opened, Settled, Spoken, live_of, opened, settled
from causeway.gateway.defects import print_defect
from causeway.gateway.http import Reply, reply_to
from causeway.gateway.identifiers import prediction_ids
from causeway.gateway.measures import Measures
from causeway.gateway.model import Model, Predicted
from causeway.gateway.places import FIXED, Place
from causeway.gateway.plane import Answer, Asked, answered, frames_of, not_kept
from causeway.gateway.recorder import Recorder
from causeway.gateway.refusals import Broken
from causeway.gateway.routing import Live, Routing
from causeway.gateway.schema import Checked, Row
from causeway.gateway.whole import WholeModel

MAX_ROWS_TOGETHER = 512
"""Whoever comes after them waits for the next run."""
MAX_KNOWN_HEADS, MAX_KNOWN_HEAD_BYTES = 1024, 2048


class Exchange(Protocol):
    """One request whose body is there, and the way back."""

    headers: Mapping[bytes, bytes]
    body: bytes
    started: float

    def reply(self, reply: Reply) -> None:
        """Sends this; called once."""


class House(Protocol):
    """What the application holds."""

    routing: Routing
    recorder: Recorder
    measures: Measures


class Door(Struct, frozen=True):
    """What is asked for, and the routing by which it will be answered, whatever comes after it."""

    routing: Routing
    place: Place


class Known(Struct, frozen=True):
    """A head that was read before: what it settles, and how long a body it declares."""

    settled: Settled
    length: int


class Waiting(Struct, frozen=True, gc=False):
    """A call whose rows are checked."""

    exchange: Exchange
    call: Opened
    asked: Asked
    checked: Checked
    spoken: Spoken


class Desk:
    """Takes calls as they come, and answers them at the end of the turn."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._routing: Routing | None = None
        self._doors: dict[bytes, Door] = {}
        self._known: dict[bytes, Known] = {}
        self._waiting: list[Waiting] = []
        self._rows = 0
        self._due = False

    def door(self, url: bytes) -> Door | None:
        """What is asked for at this address, if its answer needs no other process."""
        routing = self._house.routing
        if routing is not self._routing:
            self._routing = routing
            self._known.clear()
            self._doors = {url: Door(routing, place) for url, place in _places(routing)}
        return self._doors.get(url)

    def opened(self, exchange: Exchange, door: Door) -> Opened | None:
        """The call, before its body is there; None where it was refused at once."""
        product = ""
        try:
            routing, place = door.routing, door.place
            caller = routing.keyring.caller(exchange.headers)
            live = live_of(routing, place, caller)
            product = live.product
            return _opened(settled(live, place, exchange.headers, caller), exchange)
        except Exception as error:  # noqa: BLE001 - the shell: whatever goes wrong becomes the one error shape
            self._reply(exchange, _reply_to(error), (product, ""))
            return None

    def known(self, head: bytes) -> Known | None:
        """What a request with this very head asks for, where one was answered under the routing of now."""
        return self._known.get(head) if self._house.routing is self._routing else None

    def keep(self, head: bytes, call: Opened, *, length: int) -> None:
        """Knows this head from now on; `length` is that of the body which it declares."""
        if self._house.routing is not self._routing or len(head) > MAX_KNOWN_HEAD_BYTES:
            return
        if len(self._known) >= MAX_KNOWN_HEADS:
            self._known.clear()
        self._known[head] = Known(call.settled, length)

    def again(self, exchange: Exchange, asked: Settled) -> Opened | None:
        """The call of a head that is known; None where it was refused at once."""
        try:
            return _opened(asked, exchange)
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self._reply(exchange, _reply_to(error), (asked.live.product, ""))
            return None

    def take(self, exchange: Exchange, call: Opened) -> None:
        """Reads and checks the body; answers it at the end of this turn, or says at once why not."""
        try:
            waiting = _checked(exchange, call)
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self.refuse(exchange, call, error)
        else:
            self._waiting.append(waiting)
            self._rows += len(waiting.checked.rows)
            if self._rows >= MAX_ROWS_TOGETHER:
                self.answer()
            elif not self._due:
                self._due = True
                asyncio.get_running_loop().call_soon(self.answer)

    def refuse(self, exchange: Exchange, call: Opened, error: Exception) -> None:
        """Says why there is no answer."""
        self._reply(exchange, _reply_to(error), (call.live.product, call.variant.loaded.version))

    def answer(self) -> None:
        """Answers all that wait, each release's together."""
        self._due = False
        waiting, self._waiting, self._rows = self._waiting, [], 0
        if len(waiting) == 1:
            self._answer(waiting)
            return
        groups: dict[int, list[Waiting]] = {}
        for each in waiting:
            groups.setdefault(id(each.call.variant.loaded), []).append(each)
        for group in groups.values():
            self._answer(group)

    def _answer(self, group: Sequence[Waiting]) -> None:
        model = group[0].call.variant.loaded.model
        rows = joined([each.checked.rows for each in group]) if group[1:] else group[0].checked.rows
        try:
            predicted = _predict(model, rows)
        except Exception as error:  # noqa: BLE001 - the shell: one call's rows must not end another's
            if group[1:]:
                # each for itself, so that only those are refused whose rows are at fault
                for each in group:
                    self._answer([each])
            else:
                self._fail(group[0], error)
            return
        first = 0
        for each in group:
            after = first + len(each.checked.rows)
            self._give(each, _part(predicted, first, after) if group[1:] else predicted)
            first = after

    def _give(self, each: Waiting, predicted: Predicted) -> None:
        live, recorder = each.call.live, self._house.recorder
        try:
            made = answered(each.call.variant, each.asked, each.checked, predicted)
            if live.route.records == "off":
                self._send(each, made)
                return
            frames = frames_of(made, each.checked.rows, each.asked)
            if live.route.records == "async":
                recorder.append(live.product, frames)
                self._send(each, made)
                return
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self._fail(each, error)
            return
        recorder.commit(live.product, frames, lambda kept: self._kept(each, made, kept=kept))

    def _kept(self, each: Waiting, made: Answer, *, kept: bool) -> None:
        try:
            if kept:
                self._send(each, made)
            else:
                self._fail(each, not_kept())
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self._fail(each, error)

    def _send(self, each: Waiting, made: Answer) -> None:
        call = each.call
        self._house.measures.rows.add(call.live.product, amount=len(made.ids))
        reply = call.replied(each.spoken[1](made), made.ids[0])
        self._reply(each.exchange, reply, (call.live.product, call.variant.loaded.version))

    def _fail(self, each: Waiting, error: Exception) -> None:
        self.refuse(each.exchange, each.call, error)

    def _reply(self, exchange: Exchange, reply: Reply, seen: Sequence[str]) -> None:
        seconds = time.perf_counter() - exchange.started
        self._house.measures.count(seen[0], seen[1], reply.status, seconds=seconds)
        exchange.reply(reply)


def _places(routing: Routing) -> list[tuple[bytes, Place]]:
    """The addresses at which every release that may answer is in this process."""
    here = [live for live in routing.live.values() if _in_process(live)]
    places = [
        pair
        for live in here
        for pair in (
            (f"/v2/models/{live.product}/infer".encode(), Place("infer", "POST", product=live.product)),
            (
                f"/products/{live.product}/invocations".encode(),
                Place("invocations", "POST", product=live.product),
            ),
            (f"/v1/models/{live.product}:predict".encode(), Place("predict", "POST", product=live.product)),
        )
    ]
    if len(here) < len(routing.live):
        return places
    return [*places, *((url.encode(), place) for url, place in FIXED.items() if place.method == "POST")]


def _opened(asked: Settled, exchange: Exchange) -> Opened:
    unit = prediction_ids(1, at_ns=time.time_ns())[0]
    return opened(asked, unit=unit, started=exchange.started)


def _checked(exchange: Exchange, call: Opened) -> Waiting:
    spoken = call.spoken(exchange.body)
    asked = Asked(spoken[0], call.key, call.request.unit, call.request.name, exchange.started)
    if call.live.by_row:
        call, asked = call.drawn(asked)
    return Waiting(exchange, call, asked, call.variant.loaded.schema.check(asked.rows), spoken)


def _in_process(live: Live) -> bool:
    return all(each.loaded.worker is None and isinstance(each.loaded.model, Model) for each in live.variants)


def _predict(model: Model | WholeModel, rows: Sequence[Row]) -> Predicted:
    if isinstance(model, WholeModel):
        raise Broken("this release's model is in a process of its own", hint="tell the gateway's owner")
    return model.predict(rows)


def _part(predicted: Predicted, first: int, after: int) -> Predicted:
    """The answers for some of the rows."""
    return Predicted(
        {name: values[first:after] for name, values in predicted.answers.items()},
        [
            Problem(each.row - first, each.field, each.kind, each.value, each.hint)
            for each in predicted.problems
            if first <= each.row < after
        ]
        if predicted.problems
        else (),
    )


def _reply_to(error: Exception) -> Reply:
    if isinstance(error, CausewayError):
        return reply_to(error)
    print_defect(error)
    return reply_to(Broken("something went wrong inside the gateway", hint="its log says what"))
