"""Answers of fresh clones for rows they were not fitted on: `python evaluate.py request.json`."""

import time

from causeway_runner.request import answer

FOLDS = 5
SEED = 0


def evaluate(request):
    """Splits first, then fits on the training part: a row's answer comes from a clone that never saw it."""
    import numpy as np
    from causeway_runner import models
    from causeway_runner.answers import write_probabilities
    from causeway_runner.columns import Store, read_column, read_matrix

    model = models.load(request)
    sampler = models.load_other(request, request["sampler"]) if request["sampler"] else None
    rows = read_matrix(request["scratch"], models.form_of(request["matrix"], model))
    target = as_classes(read_column(request["scratch"], request["target"]), model)
    held_out = HeldOut(model, sampler, rows, target, request["seconds"])
    copies = read_column(request["scratch"], request["copies"]) if request.get("copies") else None
    method = held_out.score(request["ordered"], copies)
    store = Store(request["out"], request["limit_bytes"])
    described = store.column("label", held_out.labels)[0]
    store.buffer.close()
    np.ascontiguousarray(held_out.folds, dtype="<f8").tofile(request["out"] + "/folds.bin")
    result = {"labels": described, "probabilities": "", "method": method, "seconds": held_out.seconds}
    result["classes"] = [str(one) for one in held_out.classes]
    if held_out.probabilities is not None:
        result["probabilities"] = write_probabilities(request["out"], held_out.probabilities)
    return result


def as_classes(target, model):
    """Whole numbers as such for a classifier, whatever the table they came in."""
    import numpy as np
    from causeway_runner.models import kind_of

    whole = (
        target.dtype.kind == "f" and not np.isnan(target).any() and bool((target == np.rint(target)).all())
    )
    return target.astype(np.int64) if whole and kind_of(model) == "classifier" else target


class HeldOut:
    """The out-of-sample answers as they come in, part by part."""

    def __init__(self, model, sampler, rows, target, seconds):
        import numpy as np
        from causeway_runner.models import kind_of

        self.model, self.remark = unfitted(model, seconds)
        self.sampler, self.rows, self.target, self.limit = sampler, rows, target, seconds
        self.classifies = kind_of(model) == "classifier"
        self.classes = np.unique(target) if self.classifies else []
        self.folds = np.full(len(target), -1.0)
        self.labels = np.empty(len(target), dtype=object)
        self.probabilities = None
        self.seconds, self.parts = 0.0, 0

    def score(self, ordered, copies=None):
        """Scores parts until all are done or time is up; says in words how it was done."""
        splits, method = last_fifth(len(self.target)) if ordered else self.folds_of(copies)
        started = time.time()
        for train, test in splits:
            began = time.time()
            self.part(train, test)
            self.seconds = time.time() - started
            if self.parts < len(splits) and self.seconds + (time.time() - began) > self.limit:
                method += ", but only %d of them were done within %d seconds" % (self.parts, self.limit)
                break
        if self.sampler is not None:
            method += "; %s on training rows only" % type(self.sampler).__name__
        self.settle()
        return method + self.remark

    def folds_of(self, copies=None):
        """The splits, and how they were made in words; copies of a row are on the same side."""
        import numpy as np
        from causeway_runner.folding import cutters

        plain, even = cutters()
        if copies is None:
            target, units, said = self.target, np.arange(len(self.target)), ""
        else:
            _, first, units = np.unique(copies, return_index=True, return_inverse=True)
            target, said = self.target[first], ", copies of a row kept together"
        least = min(np.unique(target, return_counts=True)[1]) if self.classifies else len(target)
        if least >= 2 and self.classifies:
            cut, how = even(min(FOLDS, least), shuffle=True, random_state=SEED), "stratified "
        else:
            cut, how = plain(min(FOLDS, len(target)), shuffle=True, random_state=SEED), ""
        held = [np.isin(units, test) for _, test in cut.split(np.zeros(len(target)), target)]
        splits = [(np.flatnonzero(~one), np.flatnonzero(one)) for one in held]
        return splits, "%d-fold %scross-validation, seed %d%s" % (len(splits), how, SEED, said)

    def part(self, train, test):
        """Fits a clone on the training rows and keeps its answers for the others."""
        from causeway_runner.answers import label_column

        rows, target = take(self.rows, train), self.target[train]
        if self.sampler is not None:
            rows, target = fresh(self.sampler).fit_resample(rows, target)
        fitted = fresh(self.model)
        fitted.fit(rows, target)
        held = take(self.rows, test)
        self.labels[test] = label_column(fitted.predict(held))
        self.folds[test] = self.parts
        if self.classifies and hasattr(fitted, "predict_proba"):
            self.keep_probabilities(test, fitted.predict_proba(held), list(fitted.classes_))
        self.parts += 1

    def keep_probabilities(self, test, answered, classes):
        """Puts each class in its column; one that the clone never saw has none."""
        import numpy as np

        if self.probabilities is None:
            self.probabilities = np.full((len(self.target), len(self.classes)), np.nan)
        for column, one in enumerate(self.classes):
            self.probabilities[test, column] = answered[:, classes.index(one)] if one in classes else 0.0

    def settle(self):
        """Labels in the target's own type; rows that were not scored hold none."""
        import numpy as np

        if self.target.dtype != object:
            self.labels = np.array([np.nan if one is None else float(one) for one in self.labels])


def last_fifth(rows):
    """One split: trained on the first four fifths, scored on the last."""
    import numpy as np

    cut = int(rows * 0.8)
    return [
        (np.arange(cut), np.arange(cut, rows))
    ], "trained on the first 80 % of rows, scored on the last 20 %"


def take(rows, positions):
    """These rows of a frame, Series or array."""
    return rows.iloc[positions] if hasattr(rows, "iloc") else rows[positions]


def fresh(model):
    """A clone that was not fitted."""
    from causeway_runner.networks import Network

    if isinstance(model, Network):
        return model.anew(model.seconds)[0]
    from sklearn.base import clone

    return clone(model)


def unfitted(model, seconds):
    """A clone without early stopping, which would need rows of its own to stop on; what else differs.

    A network gets so many seconds to learn.
    """
    from causeway_runner.networks import Network

    if isinstance(model, Network):
        model.seconds = seconds
        return model, model.anew(seconds)[1]
    new = fresh(model)
    if new.get_params(deep=False).get("early_stopping_rounds") is None:
        return new, ""
    best = getattr(model, "best_iteration", None)
    new.set_params(early_stopping_rounds=None, **({"n_estimators": best + 1} if best else {}))
    return new, "; early stopping replaced by the number of rounds it had chosen"


if __name__ == "__main__":
    answer(evaluate)
