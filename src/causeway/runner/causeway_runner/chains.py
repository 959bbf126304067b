"""What fitted transformers made of what, so that a model can be given what its matrix was made of."""

import hashlib

import numpy as np

MAX_KEYED_CELLS = 60000000
MAX_HELD_BYTES = 1 << 30


class Made:
    """A matrix that a transformer made; `parent` is the key of what it took where that was made too."""

    def __init__(self, call, given, parent, out):
        self.call, self.thing, self.where = call.name, call.thing, call.where
        self.given, self.parent, self.out = given, parent, out
        self.took_sparse, self.gave_sparse = call.took_sparse, is_sparse(out)


class Part:
    """Rows of a matrix that was made: those at `positions`, or what a sampler made of all of them."""

    def __init__(self, whole, positions, *, sampler=None, target="", held=None):
        self.whole, self.positions, self.sampler, self.target = whole, positions, sampler, target
        self.held = held


class Asked:
    """A matrix that a model was fitted on or asked about."""

    def __init__(self, call, key, target, given):
        self.call, self.key, self.target, self.given = call, key, target, given
        self.sparse = is_sparse(given)


class Chains:
    """Collects them by their content: a copy, a frame around it or a dense form is the same matrix."""

    def __init__(self):
        self.made, self.parts, self.loose, self.asked, self.held = {}, {}, {}, {}, 0

    def key(self, given):
        """The key of a matrix, where any was made that it could be."""
        return key_of(given) if self.made else None

    def known(self, key):
        """Whether this matrix was made by a transformer, or is part of one that was."""
        return key in self.made or key in self.parts

    def transformed(self, call, given, key, out):
        """Notes what a transformer made of the matrix with this id and this key."""
        parent = key if self.known(key) else None
        new = key_of(out)
        if new not in (None, key) and new not in self.made and (given or parent):
            made = Made(call, given, parent, out)
            made.out = self.hold(out)
            self.made[new] = made

    def split(self, whole, positions, part, target=""):
        """Notes rows of a matrix that was made, or of one that may hold columns that were (`loose`)."""
        key = self.key(whole)
        new = key_of(part) if key is not None else None
        if new in (None, key):
            return
        if self.known(key):
            self.parts.setdefault(new, Part(key, positions, target=target))
        elif new not in self.loose:
            self.loose[new] = Part(key, positions, target=target, held=self.hold(whole))

    def resampled(self, sampler, key, out, target):
        """Notes what a sampler made of a matrix that was made."""
        new = key_of(out) if self.known(key) else None
        if new not in (None, key):
            self.parts.setdefault(new, Part(key, None, sampler=sampler, target=target))

    def reached(self, number, call, key, target, given):
        """Notes a matrix that reached a model."""
        if key is not None:
            self.asked.setdefault(number, []).append(Asked(call, key, target, self.hold(given)))

    def hold(self, given):
        """The matrix itself, for a comparison at the end, while there is room for it."""
        size = size_of(given)
        if self.held + size > MAX_HELD_BYTES:
            return None
        self.held += size
        return given


def is_sparse(given):
    """Whether it is a sparse matrix."""
    return hasattr(given, "tocsr")


def size_of(given):
    """Its bytes."""
    if is_sparse(given):
        return 16 * getattr(given, "nnz", 0)
    return 8 * int(np.prod(np.shape(given), dtype=float))


def key_of(given):
    """The shape and a digest of the numbers, in single precision; None where they are no numbers."""
    rows = compressed(given)
    if rows is None:
        return None
    digest = hashlib.blake2b(digest_size=16)
    for piece in (rows.indptr.astype("<i8"), rows.indices.astype("<i8"), rows.data):
        digest.update(piece.tobytes())
    return (*rows.shape, digest.hexdigest())


def compressed(given):
    """The numbers row by row without zeros; None where they are no numbers, or too many."""
    if getattr(given, "ndim", 0) != 2 or 0 in given.shape:
        return None
    if (given.nnz if is_sparse(given) else np.prod(given.shape, dtype=float)) > MAX_KEYED_CELLS:
        return None
    try:
        from scipy.sparse import csr_matrix

        with np.errstate(all="ignore"):
            rows = csr_matrix(given if is_sparse(given) else np.asarray(given, dtype=np.float32))
            rows = rows.astype(np.float32, copy=True)
    except (ImportError, TypeError, ValueError):
        return None
    rows.sum_duplicates()
    rows.eliminate_zeros()
    rows.sort_indices()
    return rows


def rows_of(given):
    """A digest of each row; None where they are no numbers."""
    rows = compressed(given)
    if rows is None:
        return None
    ends = zip(rows.indptr[:-1], rows.indptr[1:])  # noqa: B905 - Python 3.8
    return [rows.indices[a:b].astype("<i8").tobytes() + rows.data[a:b].tobytes() for a, b in ends]


def places(part, whole):
    """Where the rows stand in the whole: in their order, else each at its only place; else None."""
    if part is None or whole is None or len(part) > len(whole):
        return None
    found, rest = [], iter(enumerate(whole))
    for row in part:
        at = next((at for at, other in rest if other == row), None)
        if at is None:
            return only_places(part, whole)
        found.append(at)
    return np.array(found, dtype=np.int64)


def only_places(part, whole):
    """Where the rows stand; None where one is nowhere, or stands twice and so could be either."""
    known = {}
    for at, row in enumerate(whole):
        known[row] = at if row not in known else -1
    found = np.array([known.get(row, -1) for row in part], dtype=np.int64)
    return None if (found < 0).any() else found
