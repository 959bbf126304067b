"""Sends rows to a product's live endpoint, as any caller would, and brings the answers with their ids."""

import re
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct

from causeway import client
from causeway.actions.call_rows import Row, Rows, example, rows_given, rows_of_file
from causeway.actions.call_target import LiveProduct, address_of, live_product, target_of, token_of
from causeway.client import Answers, Client, ClientError
from causeway.core.errors import CausewayError, OutsideError, UsageError

BATCH_ROWS = 500
MOST_ROWS = 100_000
PATIENCE_SECONDS = 30.0
ANSWERED, INTERRUPTED = "answered", "interrupted"

_ROW = re.compile(r"\brow \d+\b")


class KeyRefused(UsageError):
    """The gateway does not know this key, or it opens something else."""

    code = "key_refused"
    status = 401


class RowRefused(UsageError):
    """A row is not what the release takes."""

    code = "row_refused"
    status = 422


class GatewayGone(OutsideError):
    """The gateway stopped answering."""

    code = "gateway_gone"


class RowAnswer(Struct, frozen=True):
    """One row's answer; `row` counts from 1, `id` is what its outcome is joined by."""

    row: int
    id: str
    prediction: Any
    flags: tuple[str, ...] = ()


class Called(Struct, frozen=True):
    """What came back; `interrupted` where something came up after the rows that are here."""

    product: str
    release: str
    address: str
    source: str
    status: str
    rows: int
    answers: tuple[RowAnswer, ...]
    requests: int
    median_ms: float
    """Of a request, as its caller saw it."""
    slowest_ms: float
    left_out: tuple[str, ...] = ()
    """Columns of the file that the release does not take."""
    trouble: str = ""
    """What ended it early, if anything did."""
    exit_code: int = 0


class Wish(Struct, frozen=True):
    """What to send, and how."""

    file: str = ""
    given: tuple[str, ...] = ()
    """Rows as JSON."""
    address: str = ""
    token_file: Path | None = None
    batch: int = BATCH_ROWS
    skip: int = 0


def call(wanted: str, folder: Path, wish: Wish) -> Called:
    """The answers of the live product to these rows, or to its release's own example."""
    if wish.file and wish.given:
        raise UsageError("rows come from a file or from --row, not both", hint="leave one out")
    live = live_product(target_of(wanted, folder))
    address = wish.address or address_of(live.target)
    token = token_of(wish.token_file, product=live.target.product)
    try:
        # who sends one row wants to know at once
        patience = PATIENCE_SECONDS if wish.file else 1.0
        caller = Client(address, token=token, product=live.target.product, retry_seconds=patience)
    except ValueError as error:
        raise UsageError(str(error), hint="--address http://127.0.0.1:8080") from None
    with caller, tempfile.TemporaryDirectory(prefix="causeway-call-") as scratch:
        rows = _rows(live, wish, Path(scratch))
        return _answered(caller, rows, wish, live=live, address=address)


def _rows(live: LiveProduct, wish: Wish, scratch: Path) -> Rows:
    if wish.given:
        return rows_given(wish.given)
    if wish.file:
        return rows_of_file(wish.file, live.fields, scratch=scratch)
    return example(live.bundle.example)


def _answered(caller: Client, rows: Rows, wish: Wish, *, live: LiveProduct, address: str) -> Called:
    done: list[Answers] = []
    trouble: CausewayError | None = None
    sent = wish.skip
    for batch in _batches(rows, wish):
        if sent + len(batch) - wish.skip > MOST_ROWS:
            raise UsageError(
                f"{rows.told} has more than {MOST_ROWS:,} rows",
                hint=f"answer a whole table at once: causeway score {live.target.folder}",
            )
        try:
            done.append(caller.predict(batch))
        except ClientError as error:
            said = _in_house(error, rows, before=sent, address=address)
            if not done:
                raise said from error
            trouble = said
            break
        sent += len(batch)
    if not done:
        raise UsageError(f"{rows.told} has no rows", hint="send at least one")
    return _called(done, rows, wish, live=live, address=address, trouble=trouble)


def _batches(rows: Rows, wish: Wish) -> Iterator[list[Row]]:
    left = islice(rows.read(), wish.skip, None)
    while batch := list(islice(left, wish.batch)):
        yield batch


def _called(
    done: Sequence[Answers],
    rows: Rows,
    wish: Wish,
    *,
    live: LiveProduct,
    address: str,
    trouble: CausewayError | None,
) -> Called:
    answers = (each for answers in done for each in answers)
    told = tuple(
        RowAnswer(row, each.id, each.prediction, each.flags)
        for row, each in enumerate(answers, start=wish.skip + 1)
    )
    took = [each.seconds * 1000 for each in done]
    return Called(
        product=live.target.product,
        release=done[-1].release,
        address=address,
        source=rows.told,
        status=INTERRUPTED if trouble else ANSWERED,
        rows=len(told),
        answers=told,
        requests=len(done),
        median_ms=round(statistics.median(took), 3),
        slowest_ms=round(max(took), 3),
        left_out=rows.left_out,
        trouble=f"{trouble.message}; {trouble.hint}" if trouble else "",
        exit_code=trouble.exit_code if trouble else 0,
    )


def _in_house(error: ClientError, rows: Rows, *, before: int, address: str) -> CausewayError:
    """The client's error in the words of a command, with the row as it is numbered in its file."""
    after = f"; go on with --skip {before}" if before else ""
    if isinstance(error, client.RefusedRow):
        row = before + (error.row or 0) + 1
        said = _ROW.sub(f"row {row}", error.message, count=1)
        return RowRefused(said, where=f"{rows.told}, row {row}", hint=f"{error.hint or 'mend it'}{after}")
    kind, hint = next((kind, hint) for causes, kind, hint in _IN_HOUSE if isinstance(error, causes))
    where = rows.told if kind is UsageError else address
    return kind(error.message, where=where, hint=(hint or error.hint or "repeat it") + after)


_IN_HOUSE: tuple[tuple[type[ClientError] | tuple[type[ClientError], ...], type[CausewayError], str], ...] = (
    ((client.Unauthorized, client.Forbidden, client.NotFound), KeyRefused, ""),
    (client.TooLarge, UsageError, "send fewer at a time: --batch 100"),
    (client.TooMany, OutsideError, ""),
    (client.Refused, UsageError, ""),
    ((client.Unreachable, client.Interrupted, client.TimedOut), GatewayGone, ""),
    (ClientError, OutsideError, ""),
)
"""The first that fits."""
