"""Does everything that is due, once; any scheduler may call it, as often as it likes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from causeway.actions.act import ALSO, ONLY, act, must_act
from causeway.actions.bill.settle import ThisMonth, settle
from causeway.actions.bill.settle import words_of as words_of_cost
from causeway.actions.canary import Looked, Lookout, words_of
from causeway.actions.decide import States
from causeway.actions.lease import held
from causeway.actions.retention import due_now, kept_in_order
from causeway.actions.routes import sync_routes
from causeway.actions.seal import log_folder, seal
from causeway.actions.sweep import sweep
from causeway.actions.verify import checkpoint_if_short
from causeway.actions.watch import turn
from causeway.actions.workspace import Workspace
from causeway.assess.due import RUN_SILENT, SEAL, Due, Waiting, due
from causeway.core.errors import CausewayError, outside
from causeway.core.ids import is_product_name
from causeway.ledger import BrokenLedger
from causeway.views.product import ProductState

LOG_SUFFIXES = (".open", ".log")
ROUTES = "routes"
RECORDS = "records"
CANARY = "canary"
TRIGGER = "trigger"
WATCH = "watch"
COST = "cost"


class Done(Struct, frozen=True):
    """What became of one thing that was due."""

    product: str
    what: str
    words: str


class Ticked(Struct, frozen=True):
    """What was done, and what a person should know: `done`, `nothing_due`, or `failed` in a part."""

    status: str
    done: tuple[Done, ...]
    noted: tuple[Done, ...]
    failed: tuple[Done, ...] = ()


def tick(work: Workspace, *, training: str = ALSO) -> Ticked:
    """Every canary judged, every product's records sealed, its routes as the ledger says, the rest named.

    `training` says whether products are trained further that are being trained: also, no, or nothing else.
    """
    if training == ONLY:
        return _ticked((), _acted(work, States(work), training), ())
    sweep(work)
    states = States(work)
    troubles = _routed(work, states)
    looked = _looked(work, states)
    found = tuple(whats_due(work, state_of=states))
    tried = [_tried(_seal, work, product) for product, each in found if each.what == SEAL]
    tried += [
        each
        for product in filter(is_product_name, work.products())
        for each in _tidied(work, product, states)
    ]
    month = ThisMonth(work)
    tried += [each for product in work.products() for each in _settled(work, product, states, month)]
    tried += [each for product in work.products() for each in _watched(work, product, states)]
    tried += _acted(work, states, training)
    news = tuple(_told(each) for each in looked if each.written)
    waiting = tuple(_told(each) for each in looked if not each.written)
    noted = tuple(Done(product, each.what, each.words) for product, each in found if each.what != SEAL)
    ticked = _ticked(news, tried, (*troubles, *waiting, *noted))
    if ticked.done:
        checkpoint_if_short(work)
    return ticked


def _ticked(news: Sequence[Done], tried: Sequence[tuple[Done, bool]], noted: Sequence[Done]) -> Ticked:
    done = (*news, *(each for each, fine in tried if fine))
    failed = tuple(each for each, fine in tried if not fine)
    status = "failed" if failed else "done" if done else "nothing_due"
    return Ticked(status, done, tuple(noted), failed)


def _acted(work: Workspace, states: States, training: str) -> list[tuple[Done, bool]]:
    """What followed by itself; last, since a training takes its time and records are sealed by now."""
    found: list[tuple[Done, bool]] = []
    for product in filter(is_product_name, work.products()):
        try:
            acted = act(work, product, states=states, training=training)
        except BrokenLedger:
            # its routes' trouble says so
            continue
        except (CausewayError, OSError) as error:
            said = error if isinstance(error, CausewayError) else outside(error)
            found.append((Done(product, TRIGGER, said.message), False))
            continue
        found += [(Done(product, TRIGGER, words), True) for words in acted.done]
        found += [(Done(product, TRIGGER, words), False) for words in acted.failed]
    return found


def _told(looked: Looked) -> Done:
    return Done(looked.product, CANARY, words_of(looked))


def _looked(work: Workspace, states: States) -> list[Looked]:
    lookout = Lookout(work, state_of=states)
    try:
        return lookout.look()
    finally:
        lookout.close()


def whats_due(
    work: Workspace, *, state_of: Callable[[str], ProductState], seal_after: timedelta = timedelta()
) -> Iterable[tuple[str, Due]]:
    """Product by product, what is due now."""
    # a name that is none of ours leads nowhere; the routes' troubles tell of it
    for product in filter(is_product_name, work.products()):
        try:
            state = state_of(product)
        except BrokenLedger:
            # its routes' trouble says so; the others' records are sealed all the same
            continue
        found = due(state, work.clock.now(), waiting=_waiting(work, product), seal_after=seal_after)
        for each in found:
            if each.what != RUN_SILENT or not held(work, f"run:{product}"):
                yield product, each


def _routed(work: Workspace, states: States) -> tuple[Done, ...]:
    """What keeps routes from being as the ledger says; the records are sealed all the same."""
    try:
        troubles = sync_routes(work, state_of=states).troubles
    except CausewayError as error:
        return (Done("", ROUTES, f"the routes stay as they were: {error.message}"),)
    return tuple(Done(product, ROUTES, trouble) for product, trouble in troubles.items())


def _tried(
    do: Callable[[Workspace, str], Done],
    work: Workspace,
    product: str,
    *,
    what: str = SEAL,
    but: str = "its records wait on",
) -> tuple[Done, bool]:
    """What became of it, and whether it went well; no product stops another."""
    try:
        return do(work, product), True
    except CausewayError as error:
        said = error
    except OSError as error:
        said = outside(error)
    return Done(product, what, f"{but}: {said.message}"), False


def tidying_due(work: Workspace, state_of: Callable[[str], ProductState], product: str) -> bool:
    """Whether records are to be erased or joined; never of a product whose history cannot be read."""
    try:
        return is_product_name(product) and due_now(work, state_of(product))
    except CausewayError:
        return False


def acting_due(work: Workspace, state_of: Callable[[str], ProductState], product: str) -> bool:
    """Whether a trigger is to fire; never of a product whose history or manifest cannot be read."""
    try:
        return is_product_name(product) and must_act(work, state_of(product))
    except (CausewayError, OSError):
        return False


def _tidied(work: Workspace, product: str, states: States) -> Iterator[tuple[Done, bool]]:
    """Erasures finished, old rows erased, small segments joined."""

    def tidy(work: Workspace, product: str) -> Done:
        return Done(product, RECORDS, "; ".join(kept_in_order(work, states(product))))

    try:
        states(product)
    except BrokenLedger:
        # its routes' trouble says so
        return
    tidied = _tried(tidy, work, product)
    if tidied[0].words:
        yield tidied


def watching_due(work: Workspace, state_of: Callable[[str], ProductState], product: str) -> bool:
    """Whether somebody should look at it; never at a product whose history cannot be read."""
    try:
        return is_product_name(product) and turn.due(work, state_of(product))
    except CausewayError:
        return False


def _watched(work: Workspace, product: str, states: States) -> Iterator[tuple[Done, bool]]:
    """What a look at the product says that is news."""

    def look(work: Workspace, product: str) -> Done:
        return Done(product, WATCH, turn.words_of(turn.look(work, states(product))))

    if watching_due(work, states, product):
        looked = _tried(look, work, product, what=WATCH, but="it cannot be looked at")
        if looked[0].words:
            yield looked


def _settled(work: Workspace, product: str, states: States, month: ThisMonth) -> Iterator[tuple[Done, bool]]:
    """What is news of the product's cost; before somebody looks at it, who tells of that."""

    def settled(work: Workspace, product: str) -> Done:
        return Done(product, COST, words_of_cost(settle(work, states(product), month=month)))

    if not is_product_name(product):
        return
    try:
        states(product)
    except BrokenLedger:
        # its routes' trouble says so
        return
    found = _tried(settled, work, product, what=COST, but="its cost cannot be told")
    if found[0].words:
        yield found


def _seal(work: Workspace, product: str) -> Done:
    sealed = seal(work, product)
    predictions = "prediction" if sealed.rows == 1 else "predictions"
    torn = f", {sealed.torn_bytes:,} bytes are no whole record and lie aside" if sealed.torn_bytes else ""
    return Done(product, SEAL, f"{sealed.rows:,} {predictions} sealed{torn}")


def _waiting(work: Workspace, product: str) -> Waiting:
    """What lies in the record logs; a log that is closed under our eyes counts next time."""
    sizes: list[int] = []
    since: list[float] = []
    for log in _logs(log_folder(work, product)):
        with suppress(FileNotFoundError):
            status = log.stat()
            if status.st_size:
                sizes.append(status.st_size)
                since.append(_born(log, status.st_mtime))
    return Waiting(sum(sizes), datetime.fromtimestamp(min(since), UTC) if since else None)


def _logs(folder: Path) -> list[Path]:
    return [log for log in folder.glob("*") if log.suffix in LOG_SUFFIXES]


def _born(log: Path, changed: float) -> float:
    """When the log was opened, which its name says."""
    try:
        return datetime.strptime(log.name.split("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return changed
