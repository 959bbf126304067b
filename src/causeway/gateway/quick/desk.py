"""Calls that need no other process: those of one turn of the event loop share one run of the model."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct, structs

from causeway.core.errors import CausewayError
from causeway.core.typed_rows import joined
from causeway.gateway.answers.plane import Answer, Asked, answered, frames_of, not_kept
from causeway.gateway.calls.asking import Opened, Settled, Spoken, live_of, opened, settled
from causeway.gateway.calls.deadlines import NEVER, passed
from causeway.gateway.calls.places import FIXED, Place
from causeway.gateway.calls.standing_in import stand_in, stands_in
from causeway.gateway.door.admission import Admission, Pace
from causeway.gateway.door.resting import READ_SECONDS
from causeway.gateway.log import print_defect
from causeway.gateway.metering.measures import Measures
from causeway.gateway.models.model import Model, Predicted
from causeway.gateway.models.whole import WholeModel
from causeway.gateway.quick.heads import Heads, Known
from causeway.gateway.records.identifiers import prediction_id
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.refusals import Broken, Overloaded, reason_of
from causeway.gateway.routes.routing import Live, Routing
from causeway.gateway.rows.schema import Checked, Row
from causeway.gateway.telling.sights import About, Witness
from causeway.gateway.wire.http import Reply, reply_to


class Exchange(Protocol):
    """One request whose body is there, and the way back."""

    headers: Mapping[bytes, bytes]
    body: bytes
    started: float
    disconnected: bool
    """Whether whoever asked is gone."""
    turned_away: bool
    """Whether it was refused because too much is asked."""

    def reply(self, reply: Reply) -> None:
        """Sends this; called once."""


class House(Protocol):
    """What the application holds."""

    routing: Routing
    recorder: Recorder
    measures: Measures
    admission: Admission
    witness: Witness | None


class Door(Struct, frozen=True):
    """What is asked for, and the routing by which it will be answered, whatever comes after it."""

    routing: Routing
    place: Place


class Waiting(Struct, frozen=True, gc=False):
    """A call whose rows are checked."""

    exchange: Exchange
    call: Opened
    asked: Asked
    checked: Checked
    spoken: Spoken
    rows: int

    @property
    def pace(self) -> Pace:
        """How fast its release answers."""
        return self.call.variant.loaded.pace

    @property
    def product(self) -> str:
        """What is asked for."""
        return self.call.live.product


class Desk:
    """Takes calls as they come, and answers them at the end of the turn."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.admission = house.admission
        self._witness = house.witness
        self._routing: Routing | None = None
        self._doors: dict[bytes, Door] = {}
        self._heads = Heads()
        self._waiting: list[Waiting] = []
        self._rows = 0
        self._due = self._impatient = False
        self._standing_in: set[asyncio.Task[None]] = set()

    def door(self, url: bytes) -> Door | None:
        """What is asked for at this address, if its answer needs no other process."""
        routing = self._house.routing
        if routing is not self._routing:
            self._routing = routing
            self._heads.clear()
            self._doors = {url: Door(routing, place) for url, place in _places(routing)}
        return self._doors.get(url)

    def opened(self, exchange: Exchange, door: Door) -> Opened | None:
        """The call, before its body is there; None where it was refused at once."""
        product = key = ""
        about: Place | Settled = door.place
        try:
            routing, place = door.routing, door.place
            caller = routing.keyring.caller(exchange.headers)
            live = live_of(routing, place, caller)
            product, key = live.product, caller.keys[live.product].id
            self.admission.check(product)
            about = settled(live, place, exchange.headers, caller)
            return _opened(about, exchange)
        except Exception as error:  # noqa: BLE001 - the shell: whatever goes wrong becomes the one error shape
            self._turn_away(exchange, error, (product, "", key), about)
            return None

    def known(self, head: bytes) -> Known | None:
        """What a request with this very head asks for, where one was answered under the routing of now."""
        return self._heads.get(head) if self._house.routing is self._routing else None

    def keep(self, head: bytes, call: Opened, *, length: int) -> None:
        """Knows this head from now on; `length` is that of the body which it declares."""
        if self._house.routing is self._routing:
            self._heads.keep(head, call.settled, length=length)

    def again(self, exchange: Exchange, asked: Settled) -> Opened | None:
        """The call of a head that is known; None where it was refused at once."""
        try:
            return _opened(asked, exchange)
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self._turn_away(exchange, error, (asked.live.product, "", asked.key.id), asked)
            return None

    def take(self, exchange: Exchange, call: Opened) -> None:
        """Reads and checks the body; answers it at the end of this turn, or says at once why not."""
        try:
            spoken = call.spoken(exchange.body)
            asked = Asked(spoken[0], call.key, call.request.unit, call.request.name, exchange.started)
            if call.live.by_row:
                call, asked = call.drawn(asked)
            checked = call.variant.loaded.schema.check(asked.rows)
            waiting = Waiting(exchange, call, asked, checked, spoken, len(checked.rows))
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self.refuse(exchange, call, error)
        else:
            self._waiting.append(waiting)
            self._rows += waiting.rows
            if call.until != NEVER:
                self._impatient = True
            if not self._due:
                self._due = True
                asyncio.get_running_loop().call_soon(self._turned)
            if self._rows >= self.admission.room and self.admission.weigh(self._waiting):
                self.answer()

    def refuse(self, exchange: Exchange, call: Opened, error: Exception) -> None:
        """Says why there is no answer."""
        self._turn_away(exchange, error, (call.live.product, call.refuser, call.key.id), call)

    def leave(self) -> None:
        """Says that somebody who waits may be gone."""
        self._impatient = True

    def answer(self) -> None:
        """Answers all that wait, each release's together."""
        waiting, self._waiting, self._rows = self._waiting, [], 0
        self._answer_all(waiting)

    def _answer_all(self, waiting: Sequence[Waiting]) -> None:
        if len(waiting) == 1:
            self._answer_paced(waiting)
            return
        groups: dict[int, list[Waiting]] = {}
        for each in waiting:
            groups.setdefault(id(each.call.variant.loaded), []).append(each)
        for group in groups.values():
            self._answer_paced(group)

    def _turned(self) -> None:
        self._due = False
        try:
            if self._rows < self.admission.slice_rows:
                self.answer()
                self._impatient = False
            else:
                self._answer_slice()
        finally:
            # whatever went wrong, the door must not stay closed
            if self.admission.stirred:
                self.admission.settle(self._waiting)
                self._house.measures.shed(self.admission.take_shed())

    def _answer_slice(self) -> None:
        """Answers those who came first, and listens to the others before it goes on."""
        first, rest = self.admission.cut(self._waiting)
        self._waiting = list(rest)
        self._rows = sum(each.rows for each in self._waiting)
        if self._waiting:
            self._due = True
            asyncio.get_running_loop().call_soon(self._turned)
        self._answer_all(first)

    def _answer_paced(self, group: Sequence[Waiting]) -> None:
        if self._impatient:
            group = self._awaited(group)
            if not group:
                return
        # of the processor: that others had it for a while makes no model slow
        began = time.thread_time()
        self._answer(group)
        rows = sum([each.rows for each in group])
        self.admission.learn(group[0].pace, seconds=time.thread_time() - began, rows=rows)

    def _awaited(self, group: Sequence[Waiting]) -> list[Waiting]:
        """Those for whom somebody still waits; who waited too long is told so."""
        now = time.perf_counter()
        for each in group:
            if each.call.until < now:
                self._fail(each, passed())
        return [each for each in group if each.call.until >= now and not each.exchange.disconnected]

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
            elif stands_in(group[0].call, group[0].checked, error):
                self._stand_in(group[0], error)
            else:
                self._fail(group[0], error)
            return
        first = 0
        for each in group:
            after = first + each.rows
            self._give(each, _part(predicted, first, after) if group[1:] else predicted)
            first = after

    def _give(self, each: Waiting, predicted: Predicted) -> None:
        live, recorder = each.call.live, self._house.recorder
        try:
            made = answered(each.call.variant, each.asked, each.checked, predicted)
            call, rows = each.call, each.rows
            if live.route.records == "off":
                self._send(each.exchange, call, _told(each, made), rows)
                return
            frames = frames_of(made, each.checked.rows, each.asked)
            if live.route.records == "async" and not (live.stops and live.product in recorder.failures):
                recorder.append(live.product, frames)
                self._send(each.exchange, call, _told(each, made), rows)
                return
            # made now, so that only its bytes wait, and not all that it is made of
            exchange, reply = each.exchange, _told(each, made)
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self._fail(each, error)
            return
        recorder.commit(live.product, frames, lambda kept: self._kept(exchange, call, reply, rows, kept=kept))

    def _kept(self, exchange: Exchange, call: Opened, reply: Reply, rows: int, *, kept: bool) -> None:
        try:
            if kept:
                self._send(exchange, call, reply, rows)
            else:
                self.refuse(exchange, call, not_kept())
        except Exception as error:  # noqa: BLE001 - the shell: as above
            self.refuse(exchange, call, error)

    def _send(self, exchange: Exchange, call: Opened, reply: Reply, rows: int) -> None:
        product, loaded = call.live.product, call.variant.loaded
        seconds = time.perf_counter() - exchange.started
        self._house.measures.answered(product, loaded.version, reply.status, rows=rows, seconds=seconds)
        exchange.reply(reply)
        if self._witness is not None:
            self._witness.saw(exchange.headers, exchange.started, reply, (product, loaded.version), call)

    def _stand_in(self, each: Waiting, error: Exception) -> None:
        task = asyncio.get_running_loop().create_task(self._stood_in(each, error))
        self._standing_in.add(task)
        task.add_done_callback(self._standing_in.discard)

    async def _stood_in(self, each: Waiting, error: Exception) -> None:
        try:
            reply = await stand_in(
                each.call, each.exchange.body, each.asked, each.checked, error, house=self._house
            )
        except Exception as failed:  # noqa: BLE001 - the shell: as above
            self._fail(each, failed)
        else:
            seen = each.call.live.product, each.call.variant.loaded.version
            self._reply(each.exchange, reply, seen, each.call)

    def _fail(self, each: Waiting, error: Exception) -> None:
        self.refuse(each.exchange, each.call, error)

    def _turn_away(
        self, exchange: Exchange, error: Exception, seen: tuple[str, str, str], about: About
    ) -> None:
        product, release, key = seen
        if isinstance(error, Overloaded):
            exchange.turned_away = True
            self.admission.resting.spent(READ_SECONDS)
        self._house.measures.refused(product, key, reason_of(error))
        self._reply(exchange, _reply_to(error), (product, release), about)

    def _reply(self, exchange: Exchange, reply: Reply, seen: Sequence[str], about: About) -> None:
        seconds = time.perf_counter() - exchange.started
        self._house.measures.count(seen[0], seen[1], reply.status, seconds=seconds)
        exchange.reply(reply)
        if self._witness is not None:
            self._witness.saw(exchange.headers, exchange.started, reply, seen, about)


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
    return opened(asked, unit=prediction_id(time.time_ns()), started=exchange.started)


def _in_process(live: Live) -> bool:
    return all(each.loaded.worker is None and isinstance(each.loaded.model, Model) for each in live.variants)


def _predict(model: Model | WholeModel, rows: Sequence[Row]) -> Predicted:
    if isinstance(model, WholeModel):
        raise Broken("this release's model is in a process of its own", hint="tell the gateway's owner")
    return model.predict(rows)


def _told(each: Waiting, made: Answer) -> Reply:
    return each.call.replied(each.spoken[1](made), made.ids[0])


def _part(predicted: Predicted, first: int, after: int) -> Predicted:
    """The answers for some of the rows."""
    return Predicted(
        {name: values[first:after] for name, values in predicted.answers.items()},
        [
            structs.replace(each, row=each.row - first)
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
