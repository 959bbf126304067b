"""The page written down or signed: a file, and an event with the digest of its numbers."""

from pathlib import Path

from msgspec import Struct

from causeway.actions.decide import decide
from causeway.actions.put import put
from causeway.actions.workspace import Workspace
from causeway.assess.worth.page import fingerprint, numbers
from causeway.assess.worth.parts import WorthPage
from causeway.core.errors import Refused, UsageError
from causeway.core.events import AnyFact
from causeway.core.ids import canonical_json
from causeway.core.reports import ReportSigned, ReportWritten
from causeway.views.product import ProductState
from causeway.views.reports import reports_of


class Accounted(Struct, frozen=True):
    """What the page says, where it lies, and what the ledger knows of it.

    `status` is `shown`, `written`, `already_written`, `signed` or `already_signed`.
    """

    product: str
    sentence: str
    status: str
    report: str
    """Digest of the page's numbers."""
    file: str
    bytes: int
    worth: WorthPage


def shown(page: WorthPage) -> Accounted:
    """The page, of which nothing is kept."""
    return Accounted(page.header.product, page.sentence, "shown", fingerprint(page), "", 0, page)


def written(work: Workspace, page: WorthPage, content: bytes, *, form: str, file: Path) -> Accounted:
    """The page as a file, whole or not at all; the same numbers in the same form are one event."""
    report = _kept(work, page)
    fact = ReportWritten(report, form, page.header.since, page.header.until, page.sentence)
    put(file, content)
    known = _appended(work, page, fact)
    status = "already_written" if known else "written"
    return Accounted(page.header.product, page.sentence, status, report, str(file), len(content), page)


def signed(work: Workspace, page: WorthPage, *, because: str = "") -> Accounted:
    """The name of whoever acts under these numbers."""
    if not page.header.seq:
        raise UsageError(
            "there is nothing to sign: nothing has happened yet", hint="start with: causeway run"
        )
    who = work.ledger.resolve(work.actor)
    owner = page.header.owner.strip().casefold()
    if who and owner and owner in {who.name.casefold(), who.email.casefold()}:
        raise Refused(
            f"{page.header.owner} answers for {page.header.product}, and nobody signs for finance what they "
            "claim themselves",
            hint="have somebody of finance sign it",
        )
    report = _kept(work, page)
    fact = ReportSigned(report, page.header.since, page.header.until, " ".join(because.split()))
    known = _appended(work, page, fact)
    status = "already_signed" if known else "signed"
    return Accounted(page.header.product, page.sentence, status, report, "", 0, page)


def _kept(work: Workspace, page: WorthPage) -> str:
    return work.artifacts.put(canonical_json(numbers(page)))


def _appended(work: Workspace, page: WorthPage, fact: ReportWritten | ReportSigned) -> bool:
    """Whether the ledger knew it already; appended if not."""
    product = page.header.product
    known: list[bool] = []

    def facts(_: ProductState) -> list[AnyFact]:
        reports = reports_of(work.ledger.read(product))
        held = reports.written if isinstance(fact, ReportWritten) else reports.signed
        mine = [each for each in held if isinstance(fact, ReportWritten) or each.actor == work.actor]
        known[:] = [bool(mine) and mine[-1].report == fact.report]
        return [] if known[0] else [fact]

    decide(work, product, facts)
    return known[0]
