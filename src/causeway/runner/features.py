"""Applies the proof of concept's own function to its raw table: `python features.py request.json`."""

import time

from causeway_runner.request import answer

SEED = 0
SINGLE_ROWS = 20
TRIAL_SECONDS = 30


def features(request):
    """The columns it makes of all rows, those that depend on other rows, and the raw ones that it reads."""
    from causeway_runner.columns import Store, read_column
    from causeway_runner.function import Function

    held = {one["name"]: read_column(request["scratch"], one) for one in request["table"]}
    function = Function(request)
    # single rows go first: what keeps something from its first call then differs from the training
    parts = parts_of(len(next(iter(held.values()))))
    made = [(rows, function.made(taken(held, rows))) for rows in parts]
    whole = function.made(held)
    store = Store(request["out"], request["limit_bytes"])
    columns = [store.column(name, whole[:, i])[0] for i, name in enumerate(function.wanted)]
    store.buffer.close()
    return {
        "columns": columns,
        "dependent": dependent(function.wanted, made, whole),
        "reads": reads(function, held, whole),
        "example": works(function, request["example"]),
    }


def parts_of(rows):
    """A few single rows, then a random half of them in random order."""
    import numpy as np

    drawn = np.random.default_rng(SEED).permutation(rows)
    return [np.array([row]) for row in drawn[:SINGLE_ROWS]] + [drawn[: (rows + 1) // 2]]


def taken(held, rows):
    """The columns at these rows."""
    return {name: cells[rows] for name, cells in held.items()}


def dependent(names, made, whole):
    """The columns that are not the same for a part of the rows as for all."""
    from causeway_runner.function import alike

    apart = set()
    for rows, part in made:
        same = alike(part, whole[rows])
        apart |= {name for name, one in zip(names, same) if not one}  # noqa: B905 - Python 3.8
    return [name for name in names if name in apart]


def reads(function, held, whole):
    """The raw columns that it cannot do without; those it never looks at need not be sent."""
    import numpy as np
    from causeway_runner.function import Failed

    started = time.time()
    for field in list(function.fields):
        if time.time() - started > TRIAL_SECONDS or len(function.fields) == 1:
            break
        fields = function.fields
        function.fields = [one for one in fields if one is not field]
        try:
            same = np.array_equal(function.made(held), whole, equal_nan=True)
        except Failed:
            same = False
        if not same:
            function.fields = fields
    return [field["name"] for field in function.fields]


def works(function, example):
    """Whether it makes numbers of this one row."""
    import numpy as np
    from causeway_runner.function import Failed

    try:
        return bool(np.isfinite(function.made({name: [cell] for name, cell in example.items()})).all())
    except Failed:
        return False


if __name__ == "__main__":
    answer(features)
