"""What came about, by entity and time or by prediction: taken once each, and corrected."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, structs

from causeway.actions import last_word
from causeway.actions.decide import product_state
from causeway.actions.last_word import Word
from causeway.actions.personal import hashing
from causeway.actions.routes import current_routes, promise
from causeway.actions.segments import PREDICTIONS, VALUES, new_segment, put_segment, segment_files
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.assignment import unit_of
from causeway.core.errors import Conflict, UsageError
from causeway.core.ids import digest_of
from causeway.core.manifest import Manifest
from causeway.core.personal import HASH, HASHED
from causeway.core.records import SegmentColumn, SegmentContent
from causeway.core.table import Table
from causeway.core.value import DECISION, KPI, MINUTES, ValuesReceived

TRIES, SHOWN = 5, 5
LATEST = timedelta(days=2)
"""So far ahead of our clock another's may be."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_HASHED = re.compile(HASHED)


class NoOutcome(UsageError):
    """What was sent is no outcome."""

    code = "no_outcome"


class Sent(Struct, frozen=True):
    """One value of one measure, of an entity or of a prediction."""

    name: str
    value: float
    unit: str = ""
    prediction: str = ""
    at: datetime | None = None
    key: str = ""
    """What names this very value, an order's number for instance; the entity and the time where empty."""


class Received(Struct, frozen=True):
    """What became of the values that were sent: `received`, `already_received` or `nothing_joined`.

    Each is one of taken, duplicate and unmatched; `corrected`, `late` and `unknown` are of the taken ones.
    """

    product: str
    status: str
    values: int
    taken: int
    duplicates: int
    unmatched: int
    corrected: int = 0
    late: int = 0
    unknown: int = 0
    """Of entities about whom nothing has been asked yet."""
    names: dict[str, int] = {}
    """How many of each measure were taken."""
    unmatched_ids: tuple[str, ...] = ()
    segment: str = ""


class _Placed(Struct, frozen=True):
    """A value with the name it is known by, its unit as recorded, when it came about and was received."""

    id: str
    sent: Sent
    unit: str
    at: datetime
    known_us: int = 0


class _Sorted(Struct, frozen=True):
    taken: Sequence[_Placed]
    duplicates: int
    corrected: int


def receive(work: Workspace, product: str, sent: Sequence[Sent], *, channel: str) -> Received:
    """Takes these values in; the same ones a second time change nothing."""
    manifest = promise(work, product_state(work, product))
    _check(sent, manifest, now=work.clock.now())
    placed, unmatched = _placed(work, product, sent, manifest)
    _expect_one(placed)
    for _ in range(TRIES):
        head = work.ledger.head(product).seq
        found = _sorted(work, product, placed)
        result = _result(product, sent, found, unmatched)
        if not found.taken:
            return result
        late, unknown = _late(work, found.taken, manifest), _unknown(work, product, found.taken, manifest)
        new = new_segment(work, product, VALUES, _content(found.taken), day=f"{work.clock.now():%Y-%m-%d}")
        put_segment(work, new)
        result = structs.replace(result, late=late, unknown=unknown, segment=new.fact.segment)
        try:
            facts = [new.fact, _event(result, channel)]
            work.ledger.append(product, facts, actor=work.actor, at=work.clock.now(), expected=head)
        except Conflict:
            continue
        return result
    raise Conflict(f"others kept writing to {product}", hint="send it again; nothing was changed")


def names_in(manifest: Manifest) -> tuple[str, ...]:
    """What values may be told of: the measure, minutes, decisions, guardrails."""
    return (KPI, MINUTES, DECISION, *(each.name for each in manifest.guardrails))


def _check(sent: Sequence[Sent], manifest: Manifest, *, now: datetime) -> None:
    if not sent:
        raise NoOutcome("nothing was sent", hint='send an outcome: {"entity": "...", "at": "...", "kpi": 1}')
    known = names_in(manifest)
    for each in sent:
        if each.name not in known:
            raise NoOutcome(
                f"there is no measure {each.name!r}",
                hint=f"there are {', '.join(known)}; others are guardrails: write [[guardrails]]",
            )
        if not math.isfinite(each.value):
            raise NoOutcome(f"a value of {each.name} is no finite number", hint="send plain digits")
        if not each.prediction and not each.unit:
            raise NoOutcome("an outcome names neither an entity nor a prediction", hint="send one of the two")
        if each.unit and not each.prediction and each.at is None:
            raise NoOutcome(
                f"the outcome of {each.unit!r} has no time",
                hint="send when it came about: 2026-01-31T12:00:00Z",
            )
        if each.name == MINUTES and each.value < 0:
            raise NoOutcome(f"a case took {each.value:g} minutes", hint="send 0 or more")
        if each.at is not None:
            check_moment(each.at, now=now)


def check_moment(at: datetime, *, now: datetime) -> None:
    """Refuses what cannot have come about yet, or before there were clocks that count as ours do."""
    if at > now + LATEST:
        raise NoOutcome(f"{at:%Y-%m-%d} has not come yet", hint="send what came about")
    if at < EARLIEST:
        raise NoOutcome(f"nothing is known of the year {at.year}", hint="send when it came about")


def _expect_one(placed: Sequence[_Placed]) -> None:
    """Refuses two numbers of one measure, entity and moment: which of them counts, nobody could tell."""
    seen: dict[str, float] = {}
    for each in placed:
        if seen.setdefault(each.id, each.sent.value) != each.sent.value:
            raise NoOutcome(
                f"two values of {each.sent.name} of one entity at {each.at:%Y-%m-%d %H:%M}: "
                f"{seen[each.id]:g} and {each.sent.value:g}",
                hint='name each, by an order\'s number for instance: "key", or a column called key',
            )


def _placed(
    work: Workspace, product: str, sent: Sequence[Sent], manifest: Manifest
) -> tuple[list[_Placed], list[str]]:
    entity = manifest.serving.entity
    asked = _predictions(work, product, {each.prediction for each in sent if each.prediction}, entity)
    if not entity and any(not each.prediction for each in sent):
        raise NoOutcome(
            "nothing says which input an entity is known by",
            where="causeway.toml",
            hint='write it, [serving] entity = "...", or name predictions by their ids',
        )
    recorded = recording(work, product, entity)
    placed: list[_Placed] = []
    unmatched: list[str] = []
    for each in sent:
        if each.prediction and each.prediction not in asked:
            unmatched.append(each.prediction)
        elif each.prediction:
            unit, at = asked[each.prediction]
            placed.append(_Placed(_id(each, unit, at), each, unit, at))
        else:
            unit, at = recorded(each.unit), each.at or work.clock.now()
            placed.append(_Placed(_id(each, unit, at), each, unit, at))
    return placed, unmatched


def _id(sent: Sent, unit: str, at: datetime) -> str:
    """The name of a value, by which a second one is the same or corrects it."""
    by = sent.key or sent.prediction or f"{unit}\n{at.astimezone(UTC).isoformat()}"
    kind = "key" if sent.key else "prediction" if sent.prediction else "entity"
    return digest_of(f"{sent.name}\n{kind}\n{by}".encode()).removeprefix("sha256:")[:32]


def _predictions(
    work: Workspace, product: str, ids: set[str], entity: str
) -> dict[str, tuple[str, datetime]]:
    """Whom each of these predictions was about, and when it was asked for."""
    files = segment_files(work, product, PREDICTIONS)
    if not ids or not files:
        return {}
    column = f"in_{entity}" if entity else "request"
    table = registry.segment_files().matching(files, ids, columns=["id", "at", column])
    units, ats = _texts(table, column), table.columns["at"].values
    return {
        id_: (unit, datetime.fromtimestamp(float(at) / 1e6, UTC))
        for id_, unit, at in zip(_texts(table, "id"), units, ats, strict=True)
        if unit
    }


def recording(work: Workspace, product: str, entity: str) -> Callable[[str], str]:
    """How an entity's name is recorded: as it is, or as the hash that stands in its place."""
    routes = current_routes(work)
    ways = next((each.personal for each in routes.routes if each.product == product), {}) if routes else {}
    known = hashing(work, product) if ways.get(entity) == HASH else None

    def recorded(name: str) -> str:
        return known.hashed(name) if known and not _HASHED.fullmatch(name) else name

    return recorded


def _sorted(work: Workspace, product: str, placed: Sequence[_Placed]) -> _Sorted:
    last = {each.id: each for each in placed}
    known = last_word.sent(work, product, set(last))
    predictions = {each.sent.prediction for each in last.values() if each.sent.name == KPI}
    labelled = last_word.labelled(work, product, predictions - {""})
    taken: list[_Placed] = []
    corrected = 0
    for each in last.values():
        before = known.get(each.id)
        other = labelled.get(each.sent.prediction) if each.sent.name == KPI else None
        if other and other.kpi and other.kpi.is_after(before):
            # the outcome's value stands for the whole prediction, a key only for a part of it
            before = Word(math.nan, other.kpi.at_us) if each.sent.key else other.kpi
        if before is None or before.value != each.sent.value:
            taken.append(structs.replace(each, known_us=last_word.received_us(work.clock.now(), before)))
            corrected += before is not None
    return _Sorted(taken, len(placed) - len(taken), corrected)


def _late(work: Workspace, taken: Iterable[_Placed], manifest: Manifest) -> int:
    """How many came when whoever they are of was counted for good already."""
    final = timedelta(days=manifest.value.horizon_days + manifest.value.lag_days)
    return sum(each.at + final < work.clock.now() for each in taken)


def _unknown(work: Workspace, product: str, taken: Iterable[_Placed], manifest: Manifest) -> int:
    """How many are of entities that no sealed row is about."""
    entity = manifest.serving.entity
    units = {each.unit for each in taken if not each.sent.prediction}
    files = segment_files(work, product, PREDICTIONS) if entity and units else []
    left = set(units)
    for file in files:
        if not left:
            break
        ids = registry.segment_files().ids_of(file, f"in_{entity}", left)
        found = registry.segment_files().matching([file], ids, columns=["id", f"in_{entity}"])
        left -= set(_texts(found, f"in_{entity}"))
    return sum(each.unit in left for each in taken if not each.sent.prediction)


def _content(taken: Sequence[_Placed]) -> SegmentContent:
    times = [round(each.at.timestamp() * 1e6) for each in taken]
    columns = {
        "id": SegmentColumn("text", [each.id for each in taken]),
        "unit": SegmentColumn("text", [each.unit for each in taken]),
        "prediction": SegmentColumn("text", [each.sent.prediction or None for each in taken]),
        "name": SegmentColumn("text", [each.sent.name for each in taken]),
        "at": SegmentColumn("time", times),
        "value": SegmentColumn("number", [float(each.sent.value) for each in taken]),
        "known_at": SegmentColumn("time", [each.known_us for each in taken]),
    }
    content = registry.segment_files().encode(columns)
    return SegmentContent(content, len(taken), min(times), max(times))


def _result(product: str, sent: Sequence[Sent], found: _Sorted, unmatched: Sequence[str]) -> Received:
    status = "received" if found.taken else "already_received" if found.duplicates else "nothing_joined"
    return Received(
        product=product,
        status=status,
        values=len(sent),
        taken=len(found.taken),
        duplicates=found.duplicates,
        unmatched=len(unmatched),
        corrected=found.corrected,
        names=dict(sorted(Counter(each.sent.name for each in found.taken).items())),
        unmatched_ids=tuple(unmatched[:SHOWN]),
    )


def _event(result: Received, channel: str) -> ValuesReceived:
    return ValuesReceived(
        segment=result.segment,
        rows=result.values,
        taken=result.taken,
        duplicates=result.duplicates,
        corrected=result.corrected,
        late=result.late,
        unknown=result.unknown,
        names=result.names,
        channel=channel,
    )


def _texts(table: Table, column: str) -> list[str]:
    """The values of a column as the names of units."""
    return [unit_of(value) for value in table.columns[column].values]
