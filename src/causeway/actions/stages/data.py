"""Brings the data that the manifest names: under a grant, masked, in chunks; a plain file is where it is."""

import shutil
from collections.abc import Collection
from pathlib import Path

from causeway.actions.access_wish import Wish, permitted, pseudonym_key, rules_of, wish_of
from causeway.actions.lineage_work import read, telling_read
from causeway.actions.source import digest_file
from causeway.actions.stages.site import Given, Site
from causeway.actions.stages.step import Made
from causeway.actions.workspace import keys_folder
from causeway.assess.access_masks import DROP, Roles, Rules, as_masked, check_target, kinds_of, masks
from causeway.core.access import Landed, NoAccess, one_line
from causeway.core.contract_text import read_contract, write_contract
from causeway.core.events import DataRead
from causeway.core.ids import counted
from causeway.core.manifest import DataPart
from causeway.views.access import GrantSeen

FOLDER = "data"


class Brought(Made, frozen=True, kw_only=True):
    """The sources that a grant was needed for; their files lie in the scratch folder as long as the run."""

    landed: tuple[Landed, ...] = ()

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each file that was brought, by its path in the folder."""
        return {each.path: each.digest for each in self.landed}

    def of(self, name: str) -> Landed | None:
        """What was brought of the source of this name."""
        return next((each for each in self.landed if each.source == name), None)

    def places(self, site: Site) -> dict[str, Path]:
        """Where each file lies, by its path in the folder."""
        return {each.path: site.scratch / FOLDER / each.path for each in self.landed}


def bring(site: Site) -> Brought:
    """Every source that needs a grant, brought; without one nothing is, and the error says whose it is.

    A table that was given stands in the place of its source's file, and the manifest is as it was.
    """
    given = site.given
    replaced = given.source if given else ""
    governed = [part for part in site.manifest.data if part.governed and part.name != replaced]
    rules = rules_of(site.work) if governed else {}
    # every grant is looked at before the first row is read
    granted = [(wish, permitted(wish, rules=rules)) for wish in _wishes(site, governed)]
    landed = tuple(_landed(site, wish, grant, rules) for wish, grant in granted)
    reads = [_read(site, each) for each in landed]
    reads += [
        _read_here(site, part)
        for part in site.manifest.data
        if _is_here(site, part) and part.name != replaced
    ]
    if given:
        landed, reads = (*landed, _put(site, given)), [*reads, _read_given(site, given)]
    if reads:
        site.work.ledger.append(site.product, reads, actor=site.work.actor, at=site.work.clock.now())
    return Brought(fact=_fact(site, landed), landed=landed)


def _put(site: Site, given: Given) -> Landed:
    file = site.scratch / FOLDER / given.path
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(given.file, file)
    return Landed(
        source=given.source,
        path=given.path,
        digest=given.digest,
        rows=given.rows,
        columns=given.columns,
        masked={},
        grant="",
    )


def _read_given(site: Site, given: Given) -> DataRead:
    return DataRead(
        run=site.run,
        source=given.source,
        purpose=one_line(f"trained anew on {given.words}"),
        digest=given.digest,
        rows=given.rows,
        columns=given.columns,
    )


def as_left(text: str, landed: Landed | None, *, where: str) -> str:
    """The text of the contract, less what masking takes away."""
    if landed is None or not landed.masked:
        return text
    return write_contract(as_masked(read_contract(text, where=where), landed.source, landed.masked))


def _wishes(site: Site, parts: Collection[DataPart]) -> list[Wish]:
    return [wish_of(site.work, site.folder, site.manifest, part) for part in parts]


def _landed(site: Site, wish: Wish, grant: GrantSeen, rules: Rules) -> Landed:
    part, terms = wish.part, grant.terms
    source = site.workshop.open_source(part, site.folder, scratch=site.scratch / "fetched")
    kinds = kinds_of(source.kinds(), wish.contract, part.name)
    columns = _columns(wish, terms.columns, kinds)
    roles = Roles(part.target, part.identifiers, part.time_column)
    found = masks(
        {name: kinds[name] for name in columns}, wish.classified, rules, unmasked=terms.unmask, roles=roles
    )
    check_target(
        part.name,
        found,
        roles,
        classification=wish.classified.get(part.target, ""),
        where=wish.where,
    )
    file = site.scratch / FOLDER / part.path
    site.watcher.said(f"reading {part.name}")
    key = pseudonym_key(keys_folder()) if found else b""
    with telling_read(site.work, site.product, part, folder=site.folder, parent=site.run) as told:
        rows = source.land(file, columns=columns, masked=found, key=key)
        landed = Landed(
            source=part.name,
            path=part.path,
            digest=digest_file(file),
            rows=rows,
            columns=tuple(name for name in columns if found.get(name) != DROP),
            masked=found,
            grant=grant.grant,
        )
        told.came(targets=[read(site.product, part, landed, folder=site.folder, kinds=kinds)])
    return landed


def _columns(wish: Wish, granted: Collection[str], kinds: Collection[str]) -> list[str]:
    """The columns that are read, in their order; all of them where the grant names none."""
    if strange := [name for name in granted if name not in kinds]:
        raise NoAccess(
            f"the grant names the column {strange[0]}, which {wish.part.name} does not have",
            where=wish.where,
            hint=f"its columns: {', '.join(kinds)}",
        )
    return [name for name in kinds if not granted or name in granted]


def _is_here(site: Site, part: DataPart) -> bool:
    return not part.governed and bool(part.path) and (site.folder / part.path).is_file()


def _read(site: Site, landed: Landed) -> DataRead:
    part = next(part for part in site.manifest.data if part.name == landed.source)
    return DataRead(
        run=site.run,
        source=landed.source,
        purpose=one_line(part.purpose or site.manifest.product.purpose),
        digest=landed.digest,
        grant=landed.grant,
        rows=landed.rows,
        columns=landed.columns,
        masked=landed.masked,
    )


def _read_here(site: Site, part: DataPart) -> DataRead:
    purpose = one_line(part.purpose or site.manifest.product.purpose)
    return DataRead(site.run, part.name, purpose, digest_file(site.folder / part.path))


def _fact(site: Site, landed: tuple[Landed, ...]) -> str:
    replaced = site.given.source if site.given else ""
    here = [part.path for part in site.manifest.data if _is_here(site, part) and part.name != replaced]
    told = [site.given.words] if site.given else []
    told += [
        f"{counted(each.rows, 'row')} of {each.source} under {each.grant}"
        + (f", {counted(len(each.masked), 'column')} masked" if each.masked else "")
        for each in landed
        if each.grant
    ]
    if here:
        told.append(f"{', '.join(here[:3])} as it lies in the folder")
    return "; ".join(told) or "no source is named; the training reads what it finds in the folder"
