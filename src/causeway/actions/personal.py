"""Which inputs a product's contracts call personal, what is recorded in their place, and under which key."""

import secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from causeway.actions.bundles import describe
from causeway.actions.workspace import PRIVATE, Workspace, write_whole
from causeway.assess.access_masks import ALIASES
from causeway.core.bundle import BadBundle, check_file
from causeway.core.contract_text import read_contract
from causeway.core.errors import OutsideError, remedy
from causeway.core.ids import check_product_name, short
from causeway.core.manifest import ServingPart
from causeway.core.personal import HASH, KEY_BYTES, OMIT, Private

CONTRACT = "contract.odcs.yaml"
KEEP = "keep"
PERSONAL = "personal"
# known, and about nobody; every other word is taken for stricter than personal
OPEN = frozenset({"", "public", "internal", "confidential"})


def personal_ways(work: Workspace, releases: Iterable[str], serving: ServingPart) -> dict[str, str]:
    """By input that a contract of these releases classes personal or stricter: how it is recorded.

    What names whom a row is about is hashed, so that it can still be found and joined.
    """
    if serving.personal == KEEP or serving.records == "off":
        return {}
    ways: dict[str, str] = {}
    for release in releases:
        for name, word in _classified(work, release, serving.entity).items():
            if word in OPEN:
                continue
            way = serving.personal if word == PERSONAL else OMIT
            # releases may disagree: the one that says less counts
            ways[name] = OMIT if OMIT in (way, ways.get(name)) else way
    if serving.entity in ways:
        ways[serving.entity] = HASH
    return dict(sorted(ways.items()))


def key_file(work: Workspace, product: str) -> Path:
    """Where the key lies that personal values of this product are hashed with."""
    check_product_name(product)
    return work.state / "personal" / f"{product}.key"


def made_key(work: Workspace, product: str) -> str:
    """The file with the product's key, made once, readable by its owner only."""
    place = key_file(work, product)
    if not place.exists():
        try:
            place.parent.mkdir(mode=PRIVATE, exist_ok=True)
        except OSError as error:
            raise OutsideError(f"cannot make {place.parent}: {error.strerror}", hint=remedy(error)) from error
        write_whole(place, secrets.token_hex(KEY_BYTES).encode(), mode=0o600)
    return str(place)


def hashing(work: Workspace, product: str) -> Private | None:
    """What hashes this product's personal values; None where there never was a key, or it is lost."""
    try:
        key = bytes.fromhex(key_file(work, product).read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OutsideError(
            f"the key for personal values of {product} cannot be read",
            where=str(key_file(work, product)),
            hint=remedy(error) if isinstance(error, OSError) else "bring it back from a backup of the disk",
        ) from error
    return Private({}, key)


def _classified(work: Workspace, release: str, entity: str) -> dict[str, str]:
    """The classification of each input of the release, and of the entity, as its own contract has it."""
    described = describe(work, release).release
    if CONTRACT not in described.files:
        return {}
    inputs = {entity, *(field.name for field in described.signature.inputs)}
    content = _content(work, release)
    check_file(described, CONTRACT, content)
    return {name: word for name, word in classes_in(content).items() if name in inputs}


def classes_in(contract: bytes) -> dict[str, str]:
    """The classification of each column in this contract."""
    return dict(_classes_in(contract))


@lru_cache(maxsize=32)
def _classes_in(contract: bytes) -> dict[str, str]:
    found = (
        (column.column, (column.classification or "").strip().lower())
        for each in read_contract(contract, where=CONTRACT).objects
        for column in each.columns
    )
    return {name: ALIASES.get(word, word) for name, word in found}


def _content(work: Workspace, release: str) -> bytes:
    try:
        return (work.bundle(release) / CONTRACT).read_bytes()
    except OSError as error:
        raise BadBundle(
            f"release {short(release)} has no {CONTRACT} any more: {error.strerror}",
            hint="make the release again: causeway run",
        ) from error
