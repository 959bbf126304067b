"""Bills brought in: read whole or not at all, kept by their bytes, and told as one event a period."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Context, Decimal
from pathlib import Path

from msgspec import Struct

from causeway.actions.bill.kept import decide_bills
from causeway.actions.source import digest_file
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.cost.focus_rows import OURS
from causeway.core.costs import BillImported, BillWithdrawn, Sums
from causeway.core.errors import NotFound, UsageError
from causeway.core.events import AnyFact
from causeway.core.focus_bill import BillRead, Noted, StatementRead
from causeway.core.ids import digest_of
from causeway.views.spend import Bills, Statement, period_of

MAX_WORDS = 500
_exact = Context(prec=400)


class ImportedStatement(Struct, frozen=True):
    """A provider's bill for one account and period: `imported`, `restated` or `already_imported`."""

    provider: str
    account: str
    since: date
    until: date
    rows: int
    billed: Sums
    effective: Sums
    status: str
    restates: int = 0
    """Sequence number of the import that it replaces."""
    billed_change: Sums = {}
    effective_change: Sums = {}
    corrections: int = 0
    """Rows that correct an earlier period, as the provider says."""
    rows_before: int = 0


class ImportedBill(Struct, frozen=True):
    """What an import did: `imported`, `restated` or `already_imported`; sums by currency, never across."""

    status: str
    form: str
    """What the files were read as: `FOCUS 1.2`, `AWS CUR`, ..."""
    files: tuple[str, ...]
    rows: int
    billed: Sums
    effective: Sums
    statements: tuple[ImportedStatement, ...]
    noted: tuple[Noted, ...]
    """Rules of FOCUS that rows break without harm to any sum."""


class Withdrawn(Struct, frozen=True):
    """A bill that counts no more: `withdrawn`."""

    status: str
    bill: int
    provider: str
    account: str
    since: date
    until: date


def import_bill(work: Workspace, files: Sequence[Path], *, strict: bool = False) -> ImportedBill:
    """Brings all that these files hold in, or nothing; a period that is there already is replaced.

    With `strict` no rule of FOCUS 1.2 may be broken; else only those that a sum rests on.
    """
    read: BillRead = registry.bills().read_bill(files, strict=strict)
    source = tuple(digest_file(file) for file in files)
    if len(set(source)) < len(source):
        raise UsageError("the same file was given twice", hint="name each part of the export once")
    _not_ours(work, read)
    done: list[ImportedStatement] = []

    def facts_of(known: Bills) -> Sequence[AnyFact]:
        _expect_apart(read.statements, known)
        done[:] = [_against(each, known) for each in read.statements]
        return [
            _fact(work, statement, judged, source=source, bill=read)
            for statement, judged in zip(read.statements, done, strict=True)
            if judged.status != "already_imported"
        ]

    decide_bills(work, facts_of)
    return _imported(read, files, done)


def _not_ours(work: Workspace, read: BillRead) -> None:
    """Refuses what this workspace exported: it would be counted twice."""
    if any((each.provider, each.account) == (OURS, work.root.name) for each in read.statements):
        raise UsageError(
            "this is what causeway bill export wrote here; imported, it would count twice",
            hint="import it in another workspace",
        )


def _expect_apart(statements: Sequence[StatementRead], known: Bills) -> None:
    """Refuses a bill whose days another one of the account has already, under another first day."""
    for read in statements:
        period = period_of(read.provider, read.account, read.since)
        beside = [
            each for each in known.statements if each.period[:2] == period[:2] and each.period != period
        ]
        for each in beside:
            shared = (min(each.until, read.until) - max(each.since, read.since)).days + 1
            shorter = min(each.until - each.since, read.until - read.since).days + 1
            # months that begin at another hour than midnight share a day with their neighbours
            if 2 * shared > shorter:
                raise UsageError(
                    f"{read.provider} {read.account}, {read.since} to {read.until}: bill {each.seq} has "
                    f"{each.since} to {each.until} already, and both would count",
                    hint=f'take the other out first: causeway bill withdraw {each.seq} --because "..."',
                )


def withdraw_bill(work: Workspace, bill: int, *, because: str) -> Withdrawn:
    """Takes an imported bill out of every sum, for a reason; its event and its rows stay."""
    because = " ".join(because.split())[:MAX_WORDS]
    if not because:
        raise UsageError("a bill is withdrawn for a reason", hint='say it: --because "..."')
    gone: list[Statement] = []

    def facts_of(known: Bills) -> Sequence[AnyFact]:
        gone[:] = [each for each in known.statements if each.seq == bill]
        if not gone:
            counted = ", ".join(str(each.seq) for each in known.statements) or "none"
            raise NotFound(f"no bill that counts has the number {bill}", hint=f"those that count: {counted}")
        return (BillWithdrawn(bill, because),)

    decide_bills(work, facts_of)
    (found,) = gone
    return Withdrawn("withdrawn", bill, found.provider, found.account, found.since, found.until)


def changes(after: Sums, before: Sums) -> Sums:
    """What has to be added to `before` for each currency; what is the same is left out."""
    found = {
        currency: _exact.subtract(after.get(currency, Decimal(0)), before.get(currency, Decimal(0)))
        for currency in sorted({*after, *before})
    }
    return {currency: amount for currency, amount in found.items() if amount}


def totals(sums: Iterable[Sums]) -> Sums:
    """The sum in each currency."""
    total: Sums = {}
    for each in sums:
        for currency, amount in each.items():
            total[currency] = _exact.add(total.get(currency, Decimal(0)), amount)
    return dict(sorted(total.items()))


def _against(read: StatementRead, known: Bills) -> ImportedStatement:
    """What the statement is beside what is there."""
    period = period_of(read.provider, read.account, read.since)
    before = next((each for each in known.statements if each.period == period), None)
    status = "imported" if before is None else "already_imported" if _same(read, before) else "restated"
    restated = before if before and status == "restated" else None
    return ImportedStatement(
        provider=read.provider,
        account=read.account,
        since=read.since,
        until=read.until,
        rows=read.rows,
        billed=read.billed,
        effective=read.effective,
        status=status,
        restates=restated.seq if restated else 0,
        billed_change=changes(read.billed, restated.billed) if restated else {},
        effective_change=changes(read.effective, restated.effective) if restated else {},
        corrections=read.corrections,
        rows_before=restated.rows if restated else 0,
    )


def _same(read: StatementRead, before: Statement) -> bool:
    return digest_of(read.content) == before.content


def _fact(
    work: Workspace,
    read: StatementRead,
    judged: ImportedStatement,
    *,
    source: tuple[str, ...],
    bill: BillRead,
) -> BillImported:
    return BillImported(
        provider=read.provider,
        account=read.account,
        since=read.since,
        until=read.until,
        rows=read.rows,
        billed=read.billed,
        effective=read.effective,
        content=work.artifacts.put(read.content),
        days=work.artifacts.put(read.days),
        source=source,
        form=bill.form,
        restates=judged.restates,
        billed_change=judged.billed_change,
        effective_change=judged.effective_change,
        corrections=read.corrections,
        noted={each.rule: each.rows for each in bill.noted},
    )


def _imported(read: BillRead, files: Sequence[Path], done: Sequence[ImportedStatement]) -> ImportedBill:
    said = {each.status for each in done}
    status = next(each for each in ("restated", "imported", "already_imported") if each in said)
    return ImportedBill(
        status=status,
        form=read.form,
        files=tuple(map(str, files)),
        rows=read.rows,
        billed=totals(each.billed for each in done),
        effective=totals(each.effective for each in done),
        statements=tuple(done),
        noted=read.noted,
    )
