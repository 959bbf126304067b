"""A matrix put together from what transformers made and from other columns, taken apart again."""

import numpy as np

from causeway_runner.chains import compressed

MOST_COLUMNS = 50000


class Block:
    """Columns of a matrix: at `places` in it, made by a transformer (`made`), or as they are."""

    def __init__(self, places, made=None, key=None):
        self.places, self.made, self.key = places, made, key


def blocks_of(given, made):
    """The columns of a matrix as blocks in their order; None where no transformer made any of them."""
    columns = digests_of(given)
    if columns is None:
        return None
    found, free = [], set(range(len(columns)))
    fitting = [(key, one) for key, one in made.items() if key[0] == given.shape[0] and key[1] <= len(columns)]
    fitting.reverse()
    fitting.sort(key=lambda pair: -pair[0][1])
    for key, one in fitting:
        places = places_of(digests_of(one.out), columns, free) if one.out is not None else None
        if places:
            found.append(Block(places, one, key))
            free -= set(places)
    if not found:
        return None
    return sorted([*found, *(Block(run) for run in runs_of(sorted(free)))], key=lambda block: block.places[0])


def digests_of(given):
    """What each column holds, in single precision; None where they are no numbers."""
    rows = compressed(given)
    if rows is None or rows.shape[1] > MOST_COLUMNS:
        return None
    columns = rows.tocsc()
    columns.sort_indices()
    ends = list(zip(columns.indptr[:-1], columns.indptr[1:]))  # noqa: B905 - Python 3.8
    return [hash((columns.indices[a:b].tobytes(), columns.data[a:b].tobytes())) for a, b in ends]


def places_of(wanted, columns, free):
    """Where these columns stand: side by side, else each at the next free place; None where one does not."""
    if not wanted or not all(column in columns for column in dict.fromkeys(wanted)):
        return None
    width = len(wanted)
    for start in range(len(columns) - width + 1):
        if columns[start : start + width] == wanted and free.issuperset(range(start, start + width)):
            return list(range(start, start + width))
    left = {}
    for place in sorted(free, reverse=True):
        left.setdefault(columns[place], []).append(place)
    found = [left[one].pop() if left.get(one) else None for one in wanted]
    return None if None in found else found


def runs_of(places):
    """The places as runs of neighbours."""
    runs = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


class Assembly:
    """The columns that go into the blocks in one frame, and the steps that make the matrix of it."""

    def __init__(self, given, blocks):
        self.given, self.blocks = given, blocks
        self.columns, self.parts = {}, []

    def takes(self, block, rows, step):
        """Adds a block that a fitted step makes of these rows."""
        if getattr(rows, "ndim", 0) == 2:
            names = [str(name) for name in getattr(rows, "columns", range(rows.shape[1]))]
            cells = [rows.iloc[:, i] if hasattr(rows, "iloc") else rows[:, i] for i in range(len(names))]
            chosen = names
        else:
            chosen = str(getattr(rows, "name", None) or "x%d" % len(self.columns))
            names, cells = [chosen], [rows]
        for name, column in zip(names, cells):  # noqa: B905 - Python 3.8
            held = np.asarray(column)
            if name in self.columns and not same(self.columns[name], held):
                raise ValueError("two transformers take different columns of the name %s" % name)
            self.columns[name] = held
        self.parts.append((step, chosen, block.places))

    def passes(self, block):
        """Adds a block of columns as they are."""
        given = self.given
        names = [str(name) for name in given.columns] if hasattr(given, "columns") else None
        chosen = []
        for place in block.places:
            name = names[place] if names else "x%d" % place
            while name in self.columns:
                name += "."
            self.columns[name] = column_of(given, place)
            chosen.append(name)
        self.parts.append(("passthrough", chosen, block.places))

    def frame(self):
        """The columns that the steps take."""
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

    def steps(self, target, *, sparse):
        """The fitted steps; one more puts the columns in order where they were not side by side."""
        from sklearn.compose import ColumnTransformer

        named = [("%d" % at, step, chosen) for at, (step, chosen, _) in enumerate(self.parts)]
        together = ColumnTransformer(named, sparse_threshold=1.0 if sparse else 0.0)
        frame = self.frame()
        together.fit(frame, target)
        fitted = {name: step for name, step, _ in named if step != "passthrough"}
        together.transformers_ = [
            (name, fitted.get(name, step), chosen) for name, step, chosen in together.transformers_
        ]
        order = [place for _, _, places in self.parts for place in places]
        if order == sorted(order):
            return [together]
        back = ColumnTransformer([("order", "passthrough", np.argsort(order).tolist())], sparse_threshold=1.0)
        return [together, back.fit(together.transform(frame.iloc[:5]))]


def same(one, other):
    """Whether two columns hold the same."""
    if one.dtype.kind in "fiub" and other.dtype.kind in "fiub":
        return np.array_equal(one, other, equal_nan=True)
    return list(map(str, one)) == list(map(str, other))


def column_of(given, place):
    """The cells of one column."""
    if hasattr(given, "iloc"):
        return given.iloc[:, place].to_numpy()
    if hasattr(given, "tocsc"):
        return given.tocsc()[:, [place]].toarray()[:, 0]
    return np.asarray(given)[:, place]
