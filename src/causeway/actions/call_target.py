"""Whom a call goes to: the product, what is live of it, where its gateway answers, and the caller's key."""

import os
from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import Bundle, describe
from causeway.actions.decide import existing_workspace, product_state
from causeway.actions.instance import running
from causeway.actions.routes import promise
from causeway.actions.workspace import MANIFEST, Workspace, check_folder, has_workspace
from causeway.client.client import TOKEN
from causeway.core.errors import NotFound, OutsideError, UsageError, outside
from causeway.core.manifest import ServingPart
from causeway.core.manifest_text import read_manifest
from causeway.core.release import Field
from causeway.views.product import ProductState


class NoGateway(OutsideError):
    """No gateway of this workspace runs."""

    code = "no_gateway"


class NoKey(UsageError):
    """A call needs a key."""

    code = "no_key"
    status = 401


class Target(Struct, frozen=True):
    """A product of a workspace; `folder` is where its manifest lies, if it was named by it."""

    work: Workspace
    product: str
    folder: Path


class LiveProduct(Struct, frozen=True):
    """A product with the release that answers most of it, and what its callers were promised."""

    target: Target
    state: ProductState
    bundle: Bundle
    serving: ServingPart

    @property
    def fields(self) -> tuple[Field, ...]:
        """What a caller sends: the release's fields, and whom the row is of where that matters."""
        fields, entity = self.bundle.release.signature.inputs, self.serving.entity
        if not entity or entity in {field.name for field in fields}:
            return fields
        return (*fields, Field(entity, "text", required=False))

    @property
    def may_be_null(self) -> bool:
        """Whether a row may stay without an answer of a release."""
        release = self.bundle.release
        held_out = self.serving.holdout_percent > 0 or self.serving.on_failure == "fallback"
        return held_out or "flag" in (release.missing, release.unseen)


def target_of(wanted: str, folder: Path) -> Target:
    """The product of this folder, or the one of this name in the workspace of `folder`."""
    place = Path(wanted)
    if place.is_dir():
        work = existing_workspace(place)
        return Target(work, _named(work, place), place)
    check_folder(folder)
    if not has_workspace(folder):
        raise NotFound(
            f"there is no folder {wanted}, and no workspace here to hold a product of that name",
            hint="name the product's folder, or where it is: --folder",
        )
    work = existing_workspace(folder)
    known = work.products()
    if wanted not in known:
        raise NotFound(
            f"there is no folder {wanted}, and no product of that name in {work.root}",
            hint=f"products there: {', '.join(known) or 'none'}",
        )
    return Target(work, wanted, folder)


def _named(work: Workspace, folder: Path) -> str:
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        known = work.products()
        if len(known) == 1:
            return known[0]
        raise NotFound(
            f"there is no {MANIFEST} in {folder}",
            hint=f"name a product: {', '.join(known) or 'none is known'}",
        ) from None
    except OSError as error:
        raise outside(error) from error
    return read_manifest(content, where=str(folder / MANIFEST)).product.name


def live_product(target: Target) -> LiveProduct:
    """What is live of this product; NotFound where nothing is."""
    state = product_state(target.work, target.product)
    if not state.shares:
        raise NotFound(
            f"no release of {target.product} is live", hint=f"make one live: causeway ship {target.folder}"
        )
    release = max(state.shares, key=lambda each: state.shares[each])
    serving = promise(target.work, state).serving
    return LiveProduct(target, state, describe(target.work, release), serving)


def address_of(target: Target) -> str:
    """Where the workspace's gateway answers."""
    instance = running(target.work)
    if instance is None:
        raise NoGateway(
            f"no gateway runs for {target.product}", hint=f"start it, and repeat: causeway up {target.folder}"
        )
    return instance.address


def token_of(file: Path | None, *, product: str) -> str:
    """The caller's token, from this file or from the environment."""
    hint = f"get one: causeway key issue NAME; then export {TOKEN}=..., or --token-file FILE ({product})"
    if file is None:
        token = os.environ.get(TOKEN, "").strip()
        where = TOKEN
    else:
        try:
            token = file.read_text(encoding="utf-8").strip()
        except UnicodeDecodeError:
            raise UsageError("this is no file with a token", where=str(file), hint=hint) from None
        except OSError as error:
            raise outside(error) from error
        where = str(file)
    if not token:
        raise NoKey(f"a call needs a key, and {where} holds none", hint=hint)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"what {where} holds is no token", hint=hint)
    return token
