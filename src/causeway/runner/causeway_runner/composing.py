"""A model with the transformers before it as one pipeline, as if it had been fitted as such."""

import operator

import numpy as np

from causeway_runner.assembling import Assembly, blocks_of
from causeway_runner.chains import is_sparse, key_of, places, rows_of
from causeway_runner.columns import Full, read_column, read_matrix
from causeway_runner.models import chosen, described
from causeway_runner.onnx_models import parts_of
from causeway_runner.request import said

MAX_COMPARED = 20000
ALIKE = 1e-6
WHY_NOT = "%s and the transformers before it were not put together: %s"


class Unresolved(Exception):
    """How a matrix came to be was not seen."""


class Step:
    """Something fitted on the way; `sampler` where it made up rows."""

    def __init__(self, thing, *, took_sparse=False, gave_sparse=False, sampler=False):
        self.thing, self.sampler = thing, sampler
        self.took_sparse, self.gave_sparse = took_sparse, gave_sparse


class Way:
    """How a matrix came to be: its `steps` in order, from rows of a matrix that none of them made."""

    def __init__(self):
        self.steps, self.root, self.positions, self.where = [], "", None, ""
        self.early, self.split_target, self.target, self.before = set(), "", "", None
        self.names = []

    def same_steps(self, other):
        """Whether the same objects made both; samplers only act in a fit."""
        mine, others = ([id(one.thing) for one in way.steps if not one.sampler] for way in (self, other))
        return mine == others


def composed(recorder, captured):
    """What to add to the captured models: those that were likely kept, with their transformers."""
    chains = recorder.chains
    found = []
    for one in candidates(recorder, captured):
        try:
            found += [Composition(recorder, one).described()] if one["object"] in chains.asked else []
        except Unresolved as error:
            if str(error):
                recorder.note(WHY_NOT % (one["estimator"], error))
        except Full:
            recorder.note(WHY_NOT % (one["estimator"], "the trace reached its size limit"))
        except Exception as error:
            recorder.note(WHY_NOT % (one["estimator"], said(error)))
    return found


def candidates(recorder, captured):
    """The models that were saved, and the last one that was fitted."""
    known = {
        one["object"]: one for one in captured if one["kind"] in ("classifier", "regressor") and one["file"]
    }
    fits = [fit["object"] for fit in recorder.fits if fit["call"] == "fit" and fit["object"] in known]
    saved = [dump["object"] for dump in recorder.dumps]
    return [known[number] for number in dict.fromkeys(saved + fits[-1:]) if number in known]


class Composition:
    """One model with its transformers."""

    def __init__(self, recorder, model):
        self.recorder, self.chains, self.held = recorder, recorder.chains, model
        self.number = model["object"]
        self.model = chosen(recorder.objects[self.number])
        self.asked = self.chains.asked[self.number]
        self.roots, self.assemblies, self.alike = {}, {}, {}

    def described(self):
        """The pipeline as the trace tells of it; its fits are noted."""
        fitted = next((one for one in reversed(self.asked) if one.call == "fit"), None)
        if fitted is None or not hasattr(self.model, "get_params"):
            raise Unresolved
        way = self.way(fitted)
        if not way.steps:
            raise Unresolved
        pipeline = pipeline_of(way, self.model, fitted.sparse)
        self.proven(pipeline, way, fitted)
        number = self.recorder.number(pipeline)
        self.recorder.seconds[number] = self.recorder.seconds.get(self.number, 0.0)
        told = described(self.recorder, number, pipeline, {}, "fit")
        if told["problem"]:
            raise Unresolved(told["problem"])
        self.note_fits(number, way, fitted)
        steps = way.names or [type(step.thing).__name__ for step in way.steps]
        texts = any(type(part).__name__.endswith("Vectorizer") for part in parts_of(pipeline))
        return dict(told, instead_of=self.number, steps=steps, early=sorted(way.early), texts=texts)

    def way(self, asked):
        """How the matrix of this call came to be."""
        way, key = Way(), asked.key
        if not self.chains.known(key):
            key = self.unknown(way, asked)
        return self.followed(way, key)

    def unknown(self, way, asked):
        """The key to go on from for a matrix that no transformer made as it is."""
        loose = self.chains.loose.get(asked.key)
        if loose is not None:
            if loose.held is None or key_of(loose.held) != loose.whole:
                raise Unresolved
            back_to_whole(way, loose)
            if not self.assembled(way, loose.held):
                raise Unresolved
        elif not self.assembled(way, asked.given):
            key, way.positions = self.sliced(asked)
            return key
        return None

    def followed(self, way, key):
        """Goes back along what was made and cut until a matrix that no transformer made."""
        passed = set()
        while not way.root:
            if key in passed:
                raise Unresolved
            passed.add(key)
            made = self.chains.made.get(key)
            if made is None:
                key = back_to_whole(way, self.chains.parts[key])
            else:
                back_to_given(way, made)
                key = made.parent
        return way

    def assembled(self, way, given):
        """Takes a matrix apart whose columns were partly made; whether it was one."""
        whole = key_of(given)
        if whole not in self.assemblies:
            blocks = blocks_of(given, self.chains.made)
            self.assemblies[whole] = blocks and self.together(given, blocks)
        if self.assemblies[whole] is None:
            return False
        steps, way.root, way.where, early, names = self.assemblies[whole]
        if way.positions is not None:
            way.early.update(early)
        way.steps, way.names = list(steps), names
        return True

    def together(self, given, blocks):
        """The steps that make the matrix of one frame, and that frame's id."""
        assembly, signs, names, where, early = Assembly(given, blocks), [], [], "", set()
        roots = []
        for block in blocks:
            if block.made is None:
                assembly.passes(block)
                signs.append(tuple(block.places))
                continue
            inner = self.followed(Way(), block.key)
            if inner.before is not None:
                raise Unresolved
            things = things_of(inner.steps)
            assembly.takes(block, self.rows(inner), things[0] if len(things) == 1 else chain_of(things))
            signs.append((tuple(block.places), *(id(step.thing) for step in inner.steps)))
            names += [type(step.thing).__name__ for step in inner.steps]
            where, early = inner.where, early | inner.early
            early |= {"transformed-before-split"} if block.made.call == "fit_transform" else set()
            roots.append(inner)
        steps = self.alike.get(tuple(signs))
        if steps is None:
            made = assembly.steps(self.target_of(given), sparse=is_sparse(given))
            steps = self.alike[tuple(signs)] = [
                Step(step, took_sparse=is_sparse(given), gave_sparse=is_sparse(given)) for step in made
            ]
        root = self.recorder.matrix(assembly.frame(), texts=True)
        kind = "same" if roots[0].positions is None else "rows"
        self.recorder.link(kind, roots[0].root, root, "assembled", roots[0].positions)
        return steps, root, where, early, names

    def target_of(self, given):
        """The target of these rows where they were fitted on as they are; a step may want one."""
        rows = given.shape[0]
        vectors = {one["name"]: one for one in self.recorder.vectors.values()}
        found = [one.target for one in self.asked if one.target and vectors[one.target]["rows"] == rows]
        found += [part.target for part in self.chains.loose.values() if part.target]
        found = [name for name in found if vectors[name]["rows"] == rows]
        self.recorder.store.buffer.flush()
        return read_column(self.recorder.store.folder, vectors[found[0]]) if found else None

    def sliced(self, asked):
        """The matrix that this one was cut out of, and at which rows."""
        part = rows_of(asked.given)
        for key, made in self.chains.made.items():
            if made.out is not None and key[1] == asked.key[1] and key[0] > asked.key[0]:
                positions = places(part, rows_of(made.out))
                if positions is not None:
                    return key, positions
        raise Unresolved

    def rows(self, way):
        """The rows that the pipeline takes for this way, in the form in which they were handed over."""
        if way.root not in self.roots:
            alike = [one for each in self.recorder.matrices.values() for one in each.values()]
            known = next(one for one in alike if one["id"] == way.root)
            self.recorder.store.buffer.flush()
            self.roots[way.root] = read_matrix(self.recorder.store.folder, known)
        return taken(self.roots[way.root], way.positions)

    def proven(self, pipeline, way, fitted):
        """Compares its answers with those of the model for what it was fitted on; raises Unresolved."""
        if fitted.given is None or key_of(fitted.given) != fitted.key:
            raise Unresolved("what it was fitted on was changed afterwards")
        given = fitted.given
        if way.before is not None:
            # what a sampler made up stands for no row before it
            given = getattr(self.chains.made.get(way.before), "out", None)
            if given is None:
                raise Unresolved("the rows before the sampler were not kept")
        rows, count = self.rows(way), given.shape[0]
        if count > MAX_COMPARED:
            some = np.linspace(0, count - 1, MAX_COMPARED).astype(np.int64)
            given, rows = taken(given, some), taken(rows, some)
        for answer in ("predict", "predict_proba"):
            if hasattr(self.model, answer):
                mine, theirs = getattr(pipeline, answer)(rows), getattr(self.model, answer)(given)
                if not alike(mine, theirs):
                    raise Unresolved("together they answer otherwise than the model did")

    def note_fits(self, number, way, fitted):
        """Notes the calls on the model as calls on the pipeline."""
        for one in self.asked:
            try:
                other = self.way(one)
            except Unresolved:
                continue
            if not other.same_steps(way):
                continue
            matrix = self.part_of(other)
            known = {
                "call": one.call,
                "object": number,
                "estimator": "Pipeline",
                "module": "sklearn.pipeline",
            }
            target = other.target or one.target
            self.recorder.fits.append(dict(known, matrix=matrix, target=target, where=other.where))
            if other.split_target:
                split = dict(known, call="train_test_split", object=-1, estimator="", module="")
                self.recorder.fits.append(dict(split, matrix=other.root, target=other.split_target, where=""))
        # the last fit is the one that counts
        last = [fit for fit in self.recorder.fits if fit["object"] == number and fit["call"] == "fit"][-1]
        last["matrix"] = self.part_of(self.way(fitted))

    def part_of(self, way):
        """The id of the rows that the pipeline takes."""
        if way.positions is None:
            return way.root
        part = self.recorder.matrix(self.rows(way), texts=True)
        self.recorder.link("rows", way.root, part, "split", way.positions)
        return part


def back_to_given(way, made):
    """Goes from what a transformer made to what it took."""
    step = Step(made.thing, took_sparse=made.took_sparse, gave_sparse=made.gave_sparse)
    way.steps.insert(0, step)
    if made.call == "fit_transform" and way.positions is not None:
        way.early.add("transformed-before-split")
    way.where, way.root = made.where, "" if made.parent else made.given


def back_to_whole(way, part):
    """Goes from rows of a matrix to all of them; the matrix's key."""
    if part.sampler is None:
        way.positions = part.positions if way.positions is None else part.positions[way.positions]
        way.split_target = part.target
        return part.whole
    if way.positions is not None:
        raise Unresolved("%s made up rows before they were split" % type(part.sampler).__name__)
    way.steps.insert(0, Step(part.sampler, sampler=True))
    way.target, way.before = part.target, part.whole
    return part.whole


def pipeline_of(way, model, sparse):
    """The fitted pipeline; where a sparse matrix was made dense on the way, a step does that."""
    steps = things_of(way.steps)
    made = [step for step in way.steps if not step.sampler]
    if made and made[-1].gave_sparse and not sparse:
        steps.append(to_dense())
    steps += [step for _, step in model.steps] if type(model).__name__ == "Pipeline" else [model]
    if any(step.sampler for step in way.steps):
        from imblearn.pipeline import Pipeline
    else:
        from sklearn.pipeline import Pipeline
    return Pipeline(named(steps))


def things_of(steps):
    """The fitted objects in order, and what makes a sparse matrix dense where one of them took it so."""
    things, gave = [], False
    for step in steps:
        if gave and not step.took_sparse and not step.sampler:
            things.append(to_dense())
        things.append(step.thing)
        gave = gave if step.sampler else step.gave_sparse
    return things


def chain_of(things):
    """Several fitted objects as one."""
    from sklearn.pipeline import Pipeline

    return Pipeline(named(things))


def named(things):
    """Steps of a pipeline."""
    return [("%d %s" % (at, type(one).__name__), one) for at, one in enumerate(things)]


def to_dense():
    """A step that makes a sparse matrix dense."""
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(operator.methodcaller("toarray"), accept_sparse=True)


def taken(rows, positions):
    """These rows of a frame, Series, array or sparse matrix; all where no positions are given."""
    if positions is None:
        return rows
    if hasattr(rows, "iloc"):
        return rows.iloc[positions]
    return (rows.tocsr() if is_sparse(rows) else rows)[positions]


def alike(mine, theirs):
    """Whether the answers are the same."""
    mine, theirs = np.asarray(mine), np.asarray(theirs)
    if mine.shape != theirs.shape:
        return False
    if mine.dtype.kind in "fc" and theirs.dtype.kind in "fc":
        return bool(np.allclose(mine, theirs, rtol=ALIKE, atol=ALIKE, equal_nan=True))
    return bool((mine == theirs).all())
