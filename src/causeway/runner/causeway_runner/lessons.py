"""What a loop taught to one network: the rows of its first round, their targets, and how often."""

import time

import numpy as np

from causeway_runner.columns import read_column
from causeway_runner.networks import Seen, network_of

MAX_ROWS = 500000


class Lesson:
    """One network that learned, from before its first batch on."""

    def __init__(self, module, start):
        self.module, self.start, self.where, self.network = module, start, "", None
        self.batches, self.targets, self.seen, self.round_over = [], [], set(), False
        self.rows_fed, self.begun, self.ended = 0, time.time(), 0.0
        self.loss, self.settings, self.optimizer = "", {}, None
        self.shape, self.batch, self.asked, self.told = (), 0, (), ()
        self.squashed, self.hot, self.width, self.shares, self.waiting = False, False, 0, False, None

    def is_of(self, optimizer):
        """Whether this optimizer moves its numbers."""
        return any(id(one) in optimizer[2] for one in self.module.parameters())

    def holds(self, thing):
        """Whether these are its numbers."""
        own = {one.data_ptr() for one in self.module.state_dict().values() if one.numel()}
        values = thing.values() if hasattr(thing, "values") and callable(thing.values) else []
        return any(hasattr(one, "data_ptr") and one.numel() and one.data_ptr() in own for one in values)

    def fed(self, given, out):
        """Notes one batch; its rows are kept in the first round only."""
        self.rows_fed += len(given)
        self.ended = time.time()
        self.waiting = None
        if not self.batches:
            self.shape, self.batch = tuple(given.shape[1:]), len(given)
            self.width = int(out.shape[-1]) if out.dim() > 1 else 1
        if self.round_over:
            return
        rows = given.detach().cpu().numpy().astype(np.float32).reshape(len(given), -1)
        keys = [row.tobytes() for row in rows]
        if self.seen.issuperset(keys) or len(self.seen) > MAX_ROWS:
            self.round_over = True
            return
        self.seen.update(keys)
        self.waiting = rows, out.detach()

    def judged(self, name, given, target, settings):
        """Notes what the batch should have been answered."""
        if self.waiting is None:
            return
        rows, out = self.waiting
        self.waiting = None
        if not self.loss:
            self.loss, self.settings = name, {k: v for k, v in settings.items() if v is not None}
            self.asked, self.told = tuple(given.shape[1:]), tuple(target.shape[1:])
            same = given.shape.numel() == out.shape.numel()
            self.squashed = same and not np.allclose(flat(given), flat(out), atol=1e-6)
            self.hot = name == "cross_entropy" and target.dim() > 1
            shares = flat(out).reshape(len(out), -1)
            self.shares = bool((shares >= 0).all() and np.allclose(shares.sum(axis=1), 1, atol=1e-4))
        if name == self.loss and len(target) == len(rows):
            self.batches.append(rows)
            cells = flat(target).reshape(len(rows), -1)
            self.targets.append(np.argmax(cells, axis=1) if self.hot else cells)

    @property
    def untold(self):
        """Why there is nothing to say of what it learned."""
        why = "learned by a loss that is none of torch's own, or from no matrix, and is not followed"
        return "%s %s" % (type(self.module).__name__, why)

    @property
    def rounds(self):
        """How often it was shown all rows."""
        return max(1, round(self.rows_fed / max(1, sum(map(len, self.batches)))))

    def note(self, recorder, body, made):
        """Notes its fit: the matrix that the rows of the first round are of, and their targets."""
        rows = np.concatenate(self.batches)
        target = np.concatenate(self.targets)
        target = target if target.ndim == 1 else target[:, 0] if target.shape[1] == 1 else None
        if target is not None and bool((target == np.rint(target)).all()):
            target = target.astype(np.int64)
        self.network = network_of(body, target)
        matrix, positions = found(recorder, rows, made)
        if positions is not None and target is not None:
            order = np.argsort(positions, kind="stable")
            target = target[order]
            if len(order) < matrix[1]:
                parent, cells = matrix[0], matrix[2]
                child = recorder.matrix(cells[positions[order]])
                recorder.link("rows", parent, child, "batches", positions[order])
                matrix = (child,)
        name = matrix[0] if matrix else recorder.matrix(rows)
        seen = Seen(recorder)
        seen.note("fit", self.network, rows, target, self.where)
        recorder.fits[-1]["matrix"] = name
        recorder.seconds[recorder.number(self.network)] = max(0.0, self.ended - self.begun)


def flat(tensor):
    """A tensor's numbers."""
    return tensor.detach().cpu().numpy().reshape(-1)


def found(recorder, rows, made):
    """The smallest known matrix with all these rows, its size and cells; and where they are in it."""
    known = [one for alike in recorder.matrices.values() for one in alike.values()]
    wide = [one for one in known if len(one["columns"]) == rows.shape[1] and one["rows"] >= len(rows)]
    for one in sorted(wide, key=lambda one: (one["rows"], one["id"] not in made)):
        if any(column["kind"] == "text" for column in one["columns"]):
            continue
        cells = np.stack([read_column(recorder.out, c) for c in one["columns"]], axis=1).astype(np.float64)
        positions = places(cells.astype(np.float32), rows)
        if positions is not None:
            return (one["id"], one["rows"], cells), positions
    return None, None


def places(cells, rows):
    """Where each row is among the cells, equal ones one after the other; None where one is not there."""
    where = {}
    for place in range(len(cells) - 1, -1, -1):
        where.setdefault(cells[place].tobytes(), []).append(place)
    try:
        return np.array([where[row.tobytes()].pop() for row in rows], dtype=np.int64)
    except (KeyError, IndexError):
        return None
