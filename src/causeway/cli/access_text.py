"""How it stands with a product's data, in lines."""

from collections.abc import Iterator

from causeway.actions.access import Accesses, SourceAccess
from causeway.core.ids import counted


def lines(found: Accesses) -> Iterator[str]:
    """A line or two for each source, then what waits for an answer."""
    if not found.sources:
        yield f"{found.product} names no data: [[data]] in causeway.toml"
    for source in found.sources:
        yield from _source(source)
    granted = {source.source for source in found.sources if source.state == "active"}
    for ask in found.asks:
        if not ask.answered and ask.source not in granted:
            yield f"{ask.ask}  {ask.source} asked for {counted(ask.days, 'day')}: {ask.purpose}"
            yield f"  causeway access grant {ask.ask}"


def _source(source: SourceAccess) -> Iterator[str]:
    yield f"{source.source:<20}  {_state(source)}"
    if source.owner:
        yield f"  owner {source.owner}; for: {source.purpose or 'nobody says what'}"
    if source.unmask:
        yield f"  as they are: {', '.join(source.unmask)}"
    if read := source.last_read:
        rows = f", {counted(read.rows, 'row')}" if read.rows is not None else ""
        masked = f", masked: {', '.join(read.masked)}" if read.masked else ""
        yield f"  read {counted(source.reads, 'time')}, last {read.at:%Y-%m-%d %H:%M}{rows}{masked}"


def _state(source: SourceAccess) -> str:
    until = f"{source.until:%Y-%m-%d %H:%M} UTC" if source.until else ""
    states = {
        "open": "needs no grant: it lies in the folder and has no owner",
        "active": f"may be read until {until} ({source.grant})",
        "expired": f"may not be read: {source.grant} expired {until}",
        "revoked": f"may not be read: {source.grant} was revoked",
        "purpose": f"may not be read: {source.grant} is for another purpose",
        "changed": f"may not be read: it is not what {source.grant} was given for any more",
    }
    nobody = f"may not be read: nobody granted it; causeway access ask {source.source}"
    return states.get(source.state, nobody)
