"""Words of access to data: what is asked to be read, by whom, and what a policy decided."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from causeway.core.contract import Contract
from causeway.core.errors import Refused
from causeway.core.ids import digest_of_value
from causeway.core.manifest import DataPart, Manifest

DAYS = 30
"""How long access is asked for where nobody says."""
MAX_DAYS = 366

READ, GRANT, ASK, REVOKE = "read", "grant", "ask", "revoke"


class NoAccess(Refused):
    """Nobody who may give it away has granted this read."""

    code = "no_access"
    status = 403


class BadPolicy(Refused):
    """A policy cannot be read, or does not fit the schema; until it is mended everything is denied."""

    code = "bad_policy"


class Use(Struct, frozen=True):
    """What a product wants of one source."""

    product: str
    source: str
    purpose: str
    what: str
    """Digest of its address, query, and the classification of its columns."""
    owner: str = ""


class Terms(Struct, frozen=True):
    """What a grant says, as a policy sees it."""

    purpose: str
    what: str
    until: datetime
    revoked: bool = False
    columns: tuple[str, ...] = ()
    unmask: tuple[str, ...] = ()


class Request(Struct, frozen=True):
    """Whether this person may do that with a source now; `terms` are those of the grant it is done under."""

    action: str
    actor: str
    use: Use
    stage: str
    at: datetime
    terms: Terms | None = None
    unmasks: tuple[str, ...] = ()
    """The classifications of the columns that would be seen as they are."""


class Decision(Struct, frozen=True):
    """What the policies say; whatever is not allowed is denied. `by` names those that decided."""

    allowed: bool
    by: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


class Landed(Struct, frozen=True, omit_defaults=True):
    """A source as the training gets it: the file at `path`, inside the copy of the folder."""

    source: str
    path: str
    digest: str
    rows: int
    columns: tuple[str, ...]
    masked: dict[str, str] = {}
    grant: str = ""


def use_of(manifest: Manifest, part: DataPart, classified: Mapping[str, str]) -> Use:
    """What the manifest wants of this source."""
    address = {"from": part.origin or part.path, "query": part.query, "table": part.table}
    return Use(
        product=manifest.product.name,
        source=part.name,
        purpose=one_line(part.purpose or manifest.product.purpose),
        what=digest_of_value({**address, "classified": dict(classified)}),
        owner=part.owner,
    )


def classified(contract: Contract | None, name: str) -> dict[str, str]:
    """The classification of each column that the contract classifies, in lower case."""
    described = contract.object_named(name) if contract else None
    if described is None:
        return {}
    return {
        column.column: column.classification.strip().lower()
        for column in described.columns
        if column.classification and column.classification.strip()
    }


def one_line(text: str) -> str:
    """The text with every run of blanks as one."""
    return " ".join(text.split())
