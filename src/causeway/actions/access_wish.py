"""One source as a manifest wants it, held against what was granted and what the policies say."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.assess.access import ACTIVE, forbidden, refusal, standing
from causeway.assess.access_masks import Rules, bundled_rules, read_rules, unmasked_classes
from causeway.core.access import READ, Request, Terms, Use, classified, use_of
from causeway.core.contract import Contract
from causeway.core.contract_text import read_contract
from causeway.core.errors import BadContract, NotFound, OutsideError, outside
from causeway.core.manifest import DataPart, Manifest
from causeway.views.access import Access, GrantSeen, fold

POLICIES = "policies"
MASKING = "masking.csv"


@dataclass(frozen=True, slots=True)
class Wish:
    """One source as the manifest wants it, with what its contract says of its columns."""

    work: Workspace
    manifest: Manifest
    part: DataPart
    contract: Contract | None
    classified: dict[str, str]
    use: Use
    where: str

    def request(self, action: str, terms: Terms | None = None, *, unmasks: tuple[str, ...] = ()) -> Request:
        """The wish as a question to the policies."""
        return Request(
            action=action,
            actor=actor_name(self.work),
            use=self.use,
            stage=self.manifest.product.stage,
            at=self.work.clock.now(),
            terms=terms,
            unmasks=unmasks,
        )


def wish_of(work: Workspace, folder: Path, manifest: Manifest, part: DataPart) -> Wish:
    """What the manifest in this folder wants of the source."""
    contract = None
    file = folder / part.contract
    if part.contract and part.governed and not file.is_file():
        # whoever took it away would take the masks away with it
        raise NotFound(
            f"the contract of {part.name} is not there, which classifies its columns",
            where=str(file),
            hint="bring it back, or take `contract` out of causeway.toml and have the access granted anew",
        )
    if part.contract and file.is_file():
        contract = read_contract(_bytes(file), where=str(file))
        if part.governed and contract.object_named(part.name) is None:
            # whose classification cannot be found would come unmasked
            raise BadContract(
                f"the contract describes no table {part.name}",
                where=str(file),
                hint=f"it describes {', '.join(each.name for each in contract.objects) or 'none at all'}",
            )
    classes = classified(contract, part.name)
    use = use_of(manifest, part, classes)
    return Wish(work, manifest, part, contract, classes, use, str(folder / "causeway.toml"))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise outside(error) from error


def permitted(wish: Wish, *, rules: Rules) -> GrantSeen:
    """The grant under which this may be read now; NoAccess says who could give one."""
    access = access_of(wish.work, wish.use.product)
    grants = access.granted(wish.part.name)
    stood = standing(wish.use, grants, at=wish.work.clock.now())
    if stood.grant is None or stood.state != ACTIVE:
        raise refusal(wish.use, stood, asked=access.open_ask(wish.part.name) is not None, where=wish.where)
    terms = stood.grant.terms
    seen = unmasked_classes(wish.classified, rules, unmask=terms.unmask)
    decision = registry.policies(wish.work.state / "policies").decide(wish.request(READ, terms, unmasks=seen))
    if not decision.allowed:
        raise forbidden(wish.use, decision, where=wish.where)
    return stood.grant


def access_of(work: Workspace, product: str) -> Access:
    """Everything about access that the product's events tell."""
    return fold(work.ledger.read(product))


def actor_name(work: Workspace) -> str:
    """What the directory calls who acts; their id where it knows no name."""
    known = work.ledger.resolve(work.actor)
    return known.name if known else work.actor


def rules_of(work: Workspace) -> Rules:
    """Which classification is masked how: the workspace's own table, or the one that Causeway brings."""
    own = work.state / "policies" / MASKING
    return read_rules(own.read_text("utf-8"), where=str(own)) if own.is_file() else bundled_rules()


def pseudonym_key(keys: Path) -> bytes:
    """The key of all pseudonyms made here; it lies outside every workspace, and is made on first use."""
    file = keys / "pseudonyms.key"
    if not file.is_file():
        write_whole(file, secrets.token_hex(32).encode(), mode=0o600)
    try:
        return bytes.fromhex(_bytes(file).decode("ascii").strip())
    except ValueError as error:
        raise OutsideError(
            "the key of the pseudonyms cannot be read", where=str(file), hint="bring it back from a backup"
        ) from error
