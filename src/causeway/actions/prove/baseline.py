"""The business measure before the product: its query over the data that is there."""

from pathlib import Path

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
    parts = [part for part in manifest.data if part.path and (folder / part.path).is_file()]
    if not parts:
        raise UsageError("no source of data lies in the folder", hint="name it: [[data]] path = ...")
    files = {part.name: folder / part.path for part in parts}
    written = {file.path: file.delimiter for file in poc.data if file.delimiter}
    value = registry.proving().figure_of(
        manifest.kpi.query,
        files,
        delimiters={part.name: written.get(part.path, ",") for part in parts},
        hidden={part.name: _hidden(work, folder, manifest, part) for part in parts if part.governed},
    )
    digests = {name: digest_file(path) for name, path in files.items()}
    return BaselineMeasured(digest_of(manifest.kpi.query.encode()), value, digests)


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
