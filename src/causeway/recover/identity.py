"""Which model was shipped, which matrix reached it, and which of its rows are which rows of the source."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.errors import NotFound
from causeway.core.table import Column, Number, Table, Text
from causeway.core.trace import Captured, Fit, Link, Matrix, Trace
from causeway.recover.loaded import LoadedTrace, Positions

SYNTHETIC = -1
CLUSTERERS = frozenset(
    {
        "AffinityPropagation",
        "AgglomerativeClustering",
        "Birch",
        "BisectingKMeans",
        "DBSCAN",
        "GaussianMixture",
        "HDBSCAN",
        "KMeans",
        "KModes",
        "KPrototypes",
        "MeanShift",
        "MiniBatchKMeans",
        "OPTICS",
        "SpectralClustering",
    }
)
_ROOT_STRIDE = 1 << 40
"""Row keys are the root's number times this, plus the position in the root."""


class Reached(Struct, frozen=True):
    """All real rows that reached the shipped model or the row-parents of its matrix.

    `keys` name each row by root and position (`root_of`, `position_of`), in that order; `fitted` says
    whether the model was fitted on it.
    """

    model: int
    fit: Fit
    roots: tuple[str, ...]
    keys: Positions
    matrix: Table
    fitted: NDArray[np.bool_]
    synthetic: int
    conflicts: int
    float32: bool
    lineage: "Lineage"

    @property
    def root_of(self) -> Positions:
        """Each row's root, by its place in `roots`."""
        return self.keys // _ROOT_STRIDE

    @property
    def position_of(self) -> Positions:
        """Each row's position in its root."""
        return self.keys % _ROOT_STRIDE


def reached(loaded: LoadedTrace, composed: Captured | None = None) -> Reached:
    """The shipped model's rows, or those of it together with its transformers."""
    model, fit = shipped_fit(loaded) if composed is None else _last_kept_fit(loaded, composed)
    width = len(loaded.matrices[fit.matrix].columns)
    used = [f.matrix for f in loaded.trace.fits if f.object == model and f.matrix in loaded.matrices]
    used = [name for name in dict.fromkeys([fit.matrix, *used]) if _width(loaded, name) == width]
    lineage = Lineage(loaded)
    seen = lineage.with_row_parents(used)
    seen = [name for name in seen if _width(loaded, name) == width]
    keys = [lineage.keys(name) for name in seen]
    every = np.concatenate(keys)
    real = np.flatnonzero(every >= 0)
    unique, first = np.unique(every[real], return_index=True)
    stacked = _stacked(loaded, seen)
    matrix = stacked.take(real[first])
    return Reached(
        model=model,
        fit=fit,
        roots=tuple(lineage.roots),
        keys=unique,
        matrix=matrix,
        fitted=np.isin(unique, lineage.keys(fit.matrix)),
        synthetic=int(np.sum(lineage.keys(fit.matrix) < 0)),
        conflicts=_conflicts(stacked.take(real), matrix, np.searchsorted(unique, every[real])),
        float32=any(m.float32 for m in loaded.trace.matrices if m.id in seen),
        lineage=lineage,
    )


def shipped_fit(loaded: LoadedTrace) -> tuple[int, Fit]:
    """The last model that was saved and had been fitted, else the last one fitted; and its last fit."""
    trace = loaded.trace
    model = _shipped_model(trace)
    kept = [fit for fit in _fits_of(trace, model) if fit.matrix in loaded.matrices]
    if not kept:
        estimator = next(fit.estimator for fit in trace.fits if fit.object == model)
        raise NotFound(
            f"the matrix that {estimator} was fitted on was not kept",
            where=trace.script,
            hint="; ".join(trace.notes),
        )
    return model, kept[-1]


def composed_of(trace: Trace) -> Captured | None:
    """The shipped model together with the transformers before it, where it could be put together."""
    model = _shipped_model(trace)
    return next((one for one in trace.captured if one.instead_of == model), None)


def _last_kept_fit(loaded: LoadedTrace, captured: Captured) -> tuple[int, Fit]:
    fits = [f for f in _fits_of(loaded.trace, captured.object) if f.matrix in loaded.matrices]
    return captured.object, fits[-1]


def _fits_of(trace: Trace, model: int) -> list[Fit]:
    return [fit for fit in trace.fits if fit.object == model and fit.call == "fit"]


def _shipped_model(trace: Trace) -> int:
    together = {c.object for c in trace.captured if c.instead_of >= 0}
    models = {c.object for c in trace.captured if c.kind in {"classifier", "regressor"}} - together
    fits = [fit for fit in trace.fits if fit.call == "fit" and fit.object >= 0 and fit.object not in together]
    fits = [fit for fit in fits if fit.object in models] or [fit for fit in fits if fit.target]
    clusterers = [fit.estimator for fit in trace.fits if fit.estimator in CLUSTERERS]
    if not fits and clusterers:
        raise NotFound(
            f"{clusterers[-1]} was fitted, and clustering has no target; Causeway does not release it yet",
            where=trace.script,
            hint="train a classifier on the groups that it found, and release that; or name the script that "
            "fits another model in causeway.toml: [model] train",
        )
    if not fits:
        raise NotFound(
            "no fitted model was seen in this training",
            where=trace.script,
            hint="name the script that fits it in causeway.toml: [model] train",
        )
    dumped = [d.object for d in trace.dumps if any(f.object == d.object for f in fits)]
    return dumped[-1] if dumped else fits[-1].object


def _width(loaded: LoadedTrace, name: str) -> int:
    return len(loaded.matrices[name].columns)


class Lineage:
    """How matrices came from one another, row by row."""

    def __init__(self, loaded: LoadedTrace) -> None:
        self.loaded = loaded
        self.roots: list[str] = []
        self.positions = dict(loaded.indexes)
        self.parents: dict[str, Link] = {}
        for link in loaded.trace.links:
            known = {link.parent, link.child} <= loaded.matrices.keys()
            if known and link.parent != link.child:
                self.parents.setdefault(link.child, link)
        self._keys: dict[str, Positions] = {}
        self._join_bare_parts()

    def with_row_parents(self, names: list[str]) -> list[str]:
        """These matrices and those that their rows were selected from: more rows, the same columns."""
        seen = list(names)
        for name in seen:
            link = self.parents.get(name)
            if link is not None and link.kind == "rows" and link.parent not in seen:
                seen.append(link.parent)
        return seen

    def path(self, name: str) -> list[Link]:
        """The links from this matrix up to its root."""
        found: list[Link] = []
        passed = {name}
        while (link := self.parents.get(name)) and link.parent not in passed:
            found.append(link)
            passed.add(link.parent)
            name = link.parent
        return found

    def root(self, name: str) -> str:
        """The matrix that this one's rows were first seen in."""
        links = self.path(name)
        return links[-1].parent if links else name

    def keys(self, name: str) -> Positions:
        """The key of each row: root and position in it; -1 where the row was made up."""
        if name not in self._keys:
            links, root = self.path(name), self.root(name)
            positions = np.arange(self._rows(root), dtype=np.int64)
            for link in reversed(links):
                if link.kind == "rows":
                    chosen = self.positions[link.positions]
                    positions = np.where(chosen >= 0, positions[chosen], SYNTHETIC)
            self._keys[name] = np.where(
                positions >= 0, self._root_number(root) * _ROOT_STRIDE + positions, SYNTHETIC
            )
        return self._keys[name]

    def _rows(self, name: str) -> int:
        return len(self.loaded.matrices[name])

    def _root_number(self, root: str) -> int:
        if root not in self.roots:
            self.roots.append(root)
        return self.roots.index(root)

    def _join_bare_parts(self) -> None:
        """A bare array that is the head or the tail of a known frame came from it by slicing."""
        described = {m.id: m for m in self.loaded.trace.matrices}
        frames = [m for m in described.values() if m.index]
        for part in described.values():
            if part.index or part.id in self.parents:
                continue
            for whole in frames:
                start = self._start_of(part, whole)
                if start is not None:
                    name = f"{whole.id}[{start}:]#{part.id}"
                    self.positions[name] = np.arange(start, start + part.rows, dtype=np.int64)
                    self.parents[part.id] = Link("rows", whole.id, part.id, name, "slice")
                    break

    def _start_of(self, part: Matrix, whole: Matrix) -> int | None:
        if whole.rows <= part.rows or len(whole.columns) != len(part.columns):
            return None
        pairs = list(zip(*(self.loaded.matrices[m.id].columns.values() for m in (part, whole)), strict=True))
        starts = (0, whole.rows - part.rows)
        return next((s for s in starts if all(_at(one, other, s) for one, other in pairs)), None)


def _at(part: Column, whole: Column, start: int) -> bool:
    if isinstance(part, Number) and isinstance(whole, Number):
        return np.array_equal(part.values, whole.values[start : start + len(part)], equal_nan=True)
    if isinstance(part, Text) and isinstance(whole, Text):
        return list(part.values) == list(whole.values[start : start + len(part)])
    return False


def _stacked(loaded: LoadedTrace, names: list[str]) -> Table:
    """The rows of several matrices one below the other, under the first proper names."""
    described = {m.id: m for m in loaded.trace.matrices}
    tables = [loaded.matrices[name] for name in names]
    named = next((name for name in names if described[name].named), names[0])
    headings = list(loaded.matrices[named].columns)
    columns = zip(*(table.columns.values() for table in tables), strict=True)
    return Table({heading: _joined(list(parts)) for heading, parts in zip(headings, columns, strict=True)})


def _joined(parts: list[Column]) -> Column:
    numbers = [part for part in parts if isinstance(part, Number)]
    if len(numbers) == len(parts):
        return Number(np.concatenate([part.values for part in numbers]), numbers[0].kind)
    return Text([None if v is None else str(v) for part in parts for v in part.values])


def _conflicts(rows: Table, kept: Table, place: Positions) -> int:
    """How many rows came again with other values."""
    differs = np.zeros(len(rows), np.bool_)
    for name, column in rows.columns.items():
        other = kept.columns[name]
        if isinstance(column, Number) and isinstance(other, Number):
            held = other.values[place]
            differs |= (column.values != held) & ~(np.isnan(column.values) & np.isnan(held))
    return int(differs.sum())
