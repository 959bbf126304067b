"""A PyTorch network with how it was taught; it travels as the pickle of its module."""

import copy
import inspect

import numpy as np

from causeway_runner.networks import SIGMOID, SOFTMAX, VALUE

SEED = 0
PLAIN = "; taught by a plain loop with its own loss, optimizer, batches and rounds"
OPSET = 17


class Body:
    """What one lesson came to."""

    def __init__(self, lesson):
        self.module_held, self.start, self.shape = lesson.module, lesson.start, lesson.shape
        self.name, self.module = type(lesson.module).__name__, "torch"
        self.loss, self.settings, self.width = lesson.loss, lesson.settings, lesson.width
        self.asked, self.told, self.squashed = lesson.asked, lesson.told, lesson.squashed
        self.hot, self.shares, self.batch, self.rounds = (
            lesson.hot,
            lesson.shares,
            lesson.batch,
            lesson.rounds,
        )
        self.whole_target = lesson.loss in ("cross_entropy", "nll_loss") and not lesson.hot
        self.seconds, self.optimizer, self.remark = lesson.ended - lesson.begun, None, PLAIN
        if lesson.optimizer is not None:
            kind, defaults, _, own = lesson.optimizer
            taken = inspect.signature(kind.__init__).parameters
            self.optimizer = kind, {name: value for name, value in defaults.items() if name in taken}
            if own.param_groups[0].get("lr") != defaults.get("lr"):
                self.remark += ", but one learning rate throughout"

    @property
    def held(self):
        """The module itself."""
        return self.module_held

    @property
    def lesson(self):
        """How it was taught, in words."""
        known = {"loss": self.loss, "batch": self.batch, "rounds": self.rounds}
        return dict(known, optimizer=self.optimizer[0].__name__) if self.optimizer else known

    def head(self):
        """What its outputs are, whether they are scores, and how many."""
        if self.loss == "binary_cross_entropy":
            return SIGMOID, self.squashed, self.width
        if self.loss == "binary_cross_entropy_with_logits":
            return SIGMOID, True, self.width
        if self.loss in ("cross_entropy", "nll_loss"):
            return SOFTMAX, not self.shares, self.width
        return VALUE, False, self.width

    def one_hot(self):
        """Whether its loss wants one column a class."""
        return self.hot

    def fed(self, rows):
        """The rows as the network takes them."""
        return np.asarray(rows).astype(np.float32).reshape((len(rows), *self.shape))

    def outputs(self, table):
        """What it answers."""
        import torch

        self.held.eval()
        with torch.no_grad():
            out = self.held(torch.from_numpy(np.ascontiguousarray(table)))
        if not hasattr(out, "numpy"):
            raise ValueError("the network gives several things at once")
        return out.numpy()

    def anew(self, seconds):
        """A body that has learned nothing yet, with as many rounds as there is time for; what differs."""
        if self.optimizer is not None and self.optimizer[0].__name__ == "LBFGS":
            raise ValueError("LBFGS asks for its loss several times a step, and no copy is taught that way")
        if not self.loss or self.optimizer is None:
            raise ValueError("its loss or its optimizer was not seen, so that no copy can be taught alike")
        new = copy.copy(self)
        new.module_held = copy.deepcopy(self.held)
        new.held.load_state_dict(self.start)
        remark = self.remark
        if seconds and self.seconds > seconds:
            new.rounds = max(1, int(self.rounds * seconds / self.seconds))
            remark += ", only %d of %d rounds each, for want of time" % (new.rounds, self.rounds)
        return new, remark

    def fit(self, table, target):
        """Teaches it in batches, its rows shuffled in each round."""
        import torch

        torch.manual_seed(SEED)
        # small networks lose more than they gain by several
        torch.set_num_threads(1)
        rows = torch.from_numpy(np.ascontiguousarray(table))
        wanted = torch.from_numpy(np.ascontiguousarray(target))
        wanted = wanted.long() if self.whole_target else wanted.float()
        optimizer = self.optimizer[0](self.held.parameters(), **self.optimizer[1])
        self.held.train()
        for _ in range(self.rounds):
            order = torch.randperm(len(rows))
            for at in range(0, len(order), self.batch):
                picked = order[at : at + self.batch]
                # a last batch of one row cannot be normalised
                if len(picked) > 1 or len(order) == 1:
                    self.step(optimizer, rows[picked], wanted[picked])

    def step(self, optimizer, rows, wanted):
        """One batch."""
        import torch

        optimizer.zero_grad()
        out = self.held(rows)
        if self.squashed:
            out = torch.sigmoid(out)
        out, wanted = out.reshape(len(rows), *self.asked), wanted.reshape(len(rows), *self.told)
        getattr(torch.nn.functional, self.loss)(out, wanted, **self.settings).backward()
        optimizer.step()

    def export(self, file):
        """Writes it as ONNX, as it stands: its own input, its own output."""
        import torch

        self.held.eval()
        example = torch.zeros((2, *self.shape))
        names = {"input_names": ["given"], "output_names": ["answered"], "opset_version": OPSET}
        axes = {"given": {0: "rows"}, "answered": {0: "rows"}}
        settings = inspect.signature(torch.onnx.export).parameters
        if "dynamo" in settings:
            names["dynamo"] = False
        torch.onnx.export(self.held, (example,), file, dynamic_axes=axes, **names)
