"""PyTorch: networks watched while a loop of the proof of concept's own teaches them."""

import copy
import functools
import sys

import numpy as np

from causeway_runner.lessons import Lesson
from causeway_runner.recorder import caller
from causeway_runner.torch_body import Body

MAKERS = ("tensor", "as_tensor", "from_numpy")
LOSSES = (
    "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss",
)  # fmt: skip
SEED = 0


def patch_torch(recorder):
    """Watches PyTorch, once it is there whole."""
    torch = sys.modules.get("torch")
    if torch is None or getattr(torch.__spec__, "_initializing", False) or hasattr(torch, "causeway_watched"):
        return
    torch.causeway_watched = True
    torch.manual_seed(SEED)
    recorder.lessons = lessons = Lessons(recorder)
    torch.nn.Module.__call__ = watched_call(torch.nn.Module.__call__, lessons)
    torch.optim.Optimizer.__init__ = watched_optimizer(torch.optim.Optimizer.__init__, lessons)
    torch.save = watched_save(torch.save, lessons)
    for name in MAKERS:
        setattr(torch, name, watched_maker(getattr(torch, name), lessons))
    for name in LOSSES:
        held = getattr(torch.nn.functional, name)
        setattr(torch.nn.functional, name, watched_loss(held, name, lessons))


class Lessons:
    """What was taught to which network in this training."""

    def __init__(self, recorder):
        self.recorder, self.depth, self.last = recorder, 0, None
        self.known, self.made, self.optimizers, self.saves = {}, [], [], []

    def called(self, module, given, out, where):
        """Notes the outermost call of a network that is learning."""
        import torch

        learns = module.training and torch.is_grad_enabled() and hasattr(given, "detach")
        if not learns or given.dim() < 2 or getattr(out, "grad_fn", None) is None:
            return
        lesson = self.known[id(module)]
        lesson.where = where
        lesson.fed(given, out)
        self.last = lesson

    def begins(self, module):
        """Keeps how a network was before it first learned."""
        if id(module) not in self.known and module.training and any(True for _ in module.parameters()):
            self.known[id(module)] = Lesson(module, copy.deepcopy(module.state_dict()))
        return id(module) in self.known

    def settle(self):
        """Notes each network's fit, once the training is over."""
        for lesson in self.known.values():
            if not lesson.batches:
                self.recorder.note(lesson.untold)
                continue
            lesson.optimizer = next((one for one in self.optimizers if lesson.is_of(one)), None)
            lesson.note(self.recorder, Body(lesson), self.made)
        for module, path in self.saves:
            lesson = self.known.get(id(module))
            if lesson is not None and lesson.network is not None:
                number = self.recorder.number(lesson.network)
                self.recorder.dumps.append({"object": number, "path": path})


def settle(recorder):
    """Notes what was seen of networks in loops."""
    if hasattr(recorder, "lessons"):
        recorder.lessons.settle()


def watched_call(held, lessons):
    """Calls of a network: the outermost ones by the proof of concept's own code are looked at."""

    @functools.wraps(held)
    def call(module, *args, **kwargs):
        frame = caller()
        if lessons.depth or not lessons.recorder.mine(frame) or not lessons.begins(module):
            return held(module, *args, **kwargs)
        lessons.depth += 1
        try:
            out = held(module, *args, **kwargs)
        finally:
            lessons.depth -= 1
        given = args[0] if args else next(iter(kwargs.values()), None)
        lessons.called(module, given, out, lessons.recorder.where(frame))
        return out

    return call


def watched_loss(held, name, lessons):
    """A loss: it tells what the network that was called last shall answer."""

    @functools.wraps(held)
    def loss(given, target, *args, **kwargs):
        out = held(given, target, *args, **kwargs)
        if lessons.last is not None and not lessons.depth:
            lessons.last.judged(name, given, target, kwargs)
            lessons.last = None
        return out

    return loss


def watched_optimizer(held, lessons):
    """An optimizer, with the parameters that it moves and how."""

    @functools.wraps(held)
    def start(optimizer, params, defaults):
        params = list(params)
        held(optimizer, params, defaults)
        moved = {id(one) for group in optimizer.param_groups for one in group["params"]}
        lessons.optimizers.append((type(optimizer), dict(defaults), moved, optimizer))

    return start


def watched_save(held, lessons):
    """Saves of a network, whole or its numbers only."""

    @functools.wraps(held)
    def save(thing, place, *args, **kwargs):
        for lesson in lessons.known.values():
            if lesson.module is thing or lesson.holds(thing):
                lessons.saves.append((lesson.module, str(getattr(place, "name", place))))
        return held(thing, place, *args, **kwargs)

    return save


def watched_maker(held, lessons):
    """Tensors made of tables: their rows are known again in the batches."""

    @functools.wraps(held)
    def make(data, *args, **kwargs):
        recorder = lessons.recorder
        if recorder.mine(caller()) and getattr(data, "ndim", 0) >= 2 and hasattr(data, "dtype"):
            table = np.asarray(data).reshape(len(data), -1)
            matrix = recorder.matrix(table)
            if matrix:
                lessons.made.append(matrix)
        return held(data, *args, **kwargs)

    return make
