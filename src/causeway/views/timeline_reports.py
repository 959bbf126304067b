"""Pages that were written and signed, told in plain words."""

from causeway.core.ids import short
from causeway.core.reports import Reporting, ReportSigned, ReportWritten


def reported_words(fact: Reporting) -> str:
    """The sentence."""
    match fact:
        case ReportWritten():
            said = f": {fact.sentence}" if fact.sentence else "."
            return f"The report of {fact.since} to {fact.until} was written ({fact.form}){said}"
        case ReportSigned():
            why = f": {fact.because}" if fact.because else "."
            return f"Finance signed the report {short(fact.report)} of {fact.since} to {fact.until}{why}"
