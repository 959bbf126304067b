"""The business measure before the product: its query over the data that is there."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from causeway.actions.access_wish import permitted, rules_of, wish_of
from causeway.actions.source import digest_file
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.access_masks import Roles, masks
from causeway.core.errors import UsageError
from causeway.core.events import BaselineMeasured
from causeway.core.ids import digest_of
from causeway.core.manifest import DataPart, Manifest
from causeway.core.poc import Poc


def measure(work: Workspace, folder: Path, manifest: Manifest, poc: Poc) -> BaselineMeasured:
    """The answer of `[kpi] query` over the sources that lie in the folder and may be read."""
    files = readable(folder, manifest)
    value = registry.proving().figure_of(
        manifest.kpi.query, files, **terms_of(work, folder, manifest, poc, files)
    )
    digests = {name: digest_file(path) for name, path in files.items()}
    return BaselineMeasured(digest_of(manifest.kpi.query.encode()), value, digests)


def readable(folder: Path, manifest: Manifest) -> dict[str, Path]:
    """The sources that lie in the folder, by name."""
    parts = [part for part in manifest.data if part.path and (folder / part.path).is_file()]
    if not parts:
        raise UsageError("no source of data lies in the folder", hint="name it: [[data]] path = ...")
    return {part.name: folder / part.path for part in parts}


def terms_of(
    work: Workspace, folder: Path, manifest: Manifest, poc: Poc, names: Collection[str]
) -> dict[str, dict[str, Any]]:
    """How these sources are written, and which of their columns no query may see."""
    parts = [part for part in manifest.data if part.name in names]
    written = {file.path: file.delimiter for file in poc.data if file.delimiter}
    return {
        "delimiters": {part.name: written.get(part.path, ",") for part in parts},
        "hidden": {part.name: _hidden(work, folder, manifest, part) for part in parts if part.governed},
    }


def _hidden(work: Workspace, folder: Path, manifest: Manifest, part: DataPart) -> set[str]:
    """The columns of a granted source that are not to be seen as they are; NoAccess without a grant."""
    wish, rules = wish_of(work, folder, manifest, part), rules_of(work)
    terms = permitted(wish, rules=rules).terms
    roles = Roles(part.target, part.identifiers, part.time_column)
    kinds = dict.fromkeys(wish.classified, "text")
    found = masks(kinds, wish.classified, rules, unmasked=terms.unmask, roles=roles)
    described = wish.contract.object_named(part.name) if wish.contract else None
    names = {column.column for column in described.columns} if described else set(kinds)
    return {*found, *(names - set(terms.columns) if terms.columns else ())}
