"""Whether a grant carries a read, and what to say where none does."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from causeway.core.access import Decision, NoAccess, Use
from causeway.views.access import GrantSeen

ACTIVE, NONE, EXPIRED, REVOKED, PURPOSE, CHANGED = (
    "active",
    "none",
    "expired",
    "revoked",
    "purpose",
    "changed",
)
# of several grants that do not carry it, the one that comes nearest is spoken of
_NEARNESS = (ACTIVE, EXPIRED, REVOKED, PURPOSE, CHANGED)


class Standing(Struct, frozen=True):
    """How a wish stands: `state` is one of the words above, `grant` the one that it is about."""

    state: str
    grant: GrantSeen | None = None


def standing(use: Use, grants: Sequence[GrantSeen], *, at: datetime) -> Standing:
    """The grant that carries this use at that time, or the one that comes nearest; the latest first."""
    judged = [Standing(_state(use, grant, at), grant) for grant in grants]
    return min(judged, key=lambda each: _NEARNESS.index(each.state), default=Standing(NONE))


def _state(use: Use, grant: GrantSeen, at: datetime) -> str:
    if grant.terms.what != use.what:
        return CHANGED
    if grant.terms.purpose.casefold() != use.purpose.casefold():
        return PURPOSE
    return grant.stands(at)


def refusal(use: Use, stood: Standing, *, asked: bool, where: str) -> NoAccess:
    """Why nothing may be read, who can change that, and with which command."""
    return NoAccess(_words(use, stood), where=where, hint=_next(use, stood, asked=asked))


def forbidden(use: Use, decision: Decision, *, where: str) -> NoAccess:
    """The refusal of a read that a grant would carry, but a policy does not allow."""
    if decision.errors:
        why = f"the policies could not decide: {decision.errors[0]}"
    elif decision.by:
        why = f"the policy {', '.join(decision.by)} forbids it"
    else:
        why = "no policy allows it"
    return NoAccess(
        f"{use.source} may not be read: {why}",
        where=where,
        hint=f"speak with {use.owner or 'its owner'}; the policies lie in .causeway/policies",
    )


def _words(use: Use, stood: Standing) -> str:
    grant = stood.grant
    match stood.state:
        case "expired" if grant:
            return f"the grant to read {use.source} expired on {grant.terms.until:%Y-%m-%d %H:%M} UTC"
        case "revoked" if grant and grant.revoked_at:
            because = f": {grant.because}" if grant.because else ""
            return f"the grant to read {use.source} was revoked on {grant.revoked_at:%Y-%m-%d}{because}"
        case "purpose" if grant:
            return f'{use.source} was granted for "{grant.terms.purpose}", not for "{use.purpose}"'
        case "changed":
            return (
                f"{use.source} is not what was granted any more: its address, its query or the "
                "classification of its columns changed"
            )
        case _:
            return f"nobody has granted {use.product} to read {use.source}"


def _next(use: Use, stood: Standing, *, asked: bool) -> str:
    owner = use.owner or "its owner"
    give = f"{owner} can give it: causeway access grant {use.source} --days 30"
    if asked and stood.state == NONE:
        return f"it was asked for; {give}"
    if stood.state == PURPOSE:
        return (
            f"bring `purpose` in causeway.toml in line, or ask anew: causeway access ask {use.source}; {give}"
        )
    return f"ask for it: causeway access ask {use.source}; {give}"
