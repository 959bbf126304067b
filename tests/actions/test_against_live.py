"""A release beside the live one: whatever the rows and the disk hold, ship gets figures or a reason."""

import shutil

import numpy as np
import pytest

import shipyard
from causeway.actions import against_live as module
from causeway.actions.against_live import against_live
from causeway.actions.bundles import open_bundle
from causeway.actions.stages.held import Held
from causeway.actions.stages.kept_answers import read_held, write_held
from causeway.core.table import Number, Table, Text

CLASSES = ("No", "Yes")


def kept(truth, *, start=0, chance=None):
    """Held-out answers to rows whose tenure begins at `start`."""
    truth = np.array(truth, float)
    rows = len(truth)
    chance = np.linspace(0, 1, rows) if chance is None else chance
    raw = Table(
        {
            "tenure": Number(np.arange(start, start + rows, dtype=float), "integer"),
            "Contract": Text(["One year"] * rows),
        }
    )
    held = Held(
        at=np.arange(rows),
        truth=truth,
        answers=(chance > 0.5).astype(float),
        trivial=np.zeros(rows),
        folds=np.zeros(rows),
        copies=None,
        classes=CLASSES,
        probabilities=np.column_stack([1 - chance, chance]),
        one=1,
        method="folds",
    )
    return read_held(write_held(held, raw))


@pytest.fixture
def compare(folder, monkeypatch):
    """Compares two releases, given what was kept of each."""
    new, live = shipyard.answering(folder, weight=0.5), shipyard.answering(folder, weight=0.4)
    work = shipyard.workspace(folder)

    def compared(mine, theirs, *, spoil=lambda _: None):
        monkeypatch.setattr(module, "_kept", lambda _work, _product, name: mine if name == new else theirs)
        bundle = open_bundle(work, new)
        spoil(work.bundle(live))
        return against_live(work, bundle, live)

    return compared


def test_rows_that_both_answered_are_compared(compare):
    mine, theirs = kept([0, 1] * 30), kept([0, 1] * 30, chance=np.array([0.2, 0.8] * 30))
    seen = compare(mine, theirs)
    assert (seen.why_not, seen.rows, seen.live_value) == ("", 60, 1.0)


@pytest.mark.parametrize("truth", [[0] * 60, [1] * 60, [0] * 59 + [1]])
def test_rows_of_one_class_compare_nothing(compare, truth):
    seen = compare(kept(truth), kept(truth))
    assert seen.why_not == "fewer than two rows of each class are new to both"


@pytest.mark.parametrize("path", ["release.json", "model.onnx", "features.json", ""])
def test_a_live_release_that_is_not_whole_is_not_asked(compare, path):
    def spoil(bundle):
        if path:
            (bundle / path).write_bytes(b"{")
        else:
            shutil.rmtree(bundle)

    seen = compare(kept([0, 1] * 30), kept([0, 1] * 30, start=100), spoil=spoil)
    assert seen.why_not.startswith("the live release does not answer: ")


def test_a_live_release_answers_rows_that_are_new_to_it(compare):
    seen = compare(kept([0, 1] * 30), kept([0, 1] * 30, start=100))
    assert (seen.why_not, seen.rows) == ("", 60)
