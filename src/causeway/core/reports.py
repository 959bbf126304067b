"""Facts of the page about what a product costs and brings: written down, and signed."""

from datetime import date

from causeway.core.fact import Fact


class ReportWritten(Fact, frozen=True, tag="report.written"):
    """The page was written down, to be kept, sent or printed."""

    report: str
    """Digest of its numbers, kept in the artefact store."""
    form: str
    """`html`, `pdf` or `md`."""
    since: date
    until: date
    sentence: str = ""


class ReportSigned(Fact, frozen=True, tag="report.signed"):
    """Somebody of finance put their name to the numbers of a page."""

    report: str
    """Digest of the numbers, kept in the artefact store."""
    since: date
    until: date
    because: str = ""


Reporting = ReportWritten | ReportSigned
