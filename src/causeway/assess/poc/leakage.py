"""Does the training see what it must not: rows of the test, columns made of the target, or no test at all."""

from collections.abc import Iterator

from causeway.assess.poc import copies, given_away, words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import Leak, Poc, Training

GRAVE = {"resample": "synthetic rows"}
BY_TARGET = {"target", "select"}
MILD = {"scale", "impute", "reduce", "text"}
PERFECT = 0.995
SUPERVISED = {"binary", "multiclass", "classification", "regression"}
UNTAUGHT = {"clustering", "anomaly", "topics", "recommendation", "reinforcement", "detection"}
"""What learns no column has nothing to be held out from."""


def judge(poc: Poc) -> Iterator[Finding]:
    """Leaks of rows and of columns, and qualities judged on the rows of the training."""
    yield from _fitted_before_split(poc)
    yield from chosen_by_target(poc)
    yield from _fitted_again(poc)
    yield from _filtered(poc)
    yield from copies.judge(poc)
    yield from _columns(poc)
    yield from _no_holdout(poc)
    yield from _shuffled_time(poc)


def _fitted_before_split(poc: Poc) -> Iterator[Finding]:
    own = [leak for leak in poc.leaks if _reached(leak, poc)]
    grave = [leak for leak in own if leak.kind in GRAVE]
    mild = [leak for leak in (own or poc.leaks) if leak.kind in MILD]
    remedy = Remedy("Split first, then fit on the training rows only; `causeway run` measures it that way.")
    if grave:
        encoders = [leak for leak in own if leak.kind == "encode"]
        names = _names([*grave, *encoders])
        see = "sees" if len(set(names)) == 1 else "see"
        yield Finding(
            "LEAK-SPLIT",
            Severity.BLOCKER,
            f"The quality it reports is too good: {words.listed(names)} {see} the whole table "
            "before the split.",
            remedy,
            _places([*grave, *encoders], grave[0].split),
            certainty=0.95,
            damage=0.95,
            blocks_ship=True,
        )
    elif mild:
        yield Finding(
            "LEAK-SPLIT",
            Severity.FIX,
            f"{words.listed(_names(mild))} {_is(mild)} fitted on all rows before the split, so test rows "
            "shape the training.",
            remedy,
            _places(mild, mild[0].split),
            certainty=0.9,
            damage=0.5,
        )


def _fitted_again(poc: Poc) -> Iterator[Finding]:
    own = [leak for leak in poc.leaks if leak.kind == "again" and _reached(leak, poc)]
    if own:
        yield Finding(
            "LEAK-SPLIT",
            Severity.FIX,
            f"{words.listed(_names(own))} {_is(own)} fitted again on the test rows, which so are measured on "
            "another scale than the model learned.",
            Remedy("Fit on the training rows only; transform the test rows with what that gave."),
            _places(own, None),
            certainty=0.9,
            damage=0.5,
        )


def chosen_by_target(poc: Poc) -> Iterator[Finding]:
    """What used every row's target to make or choose columns: no later split can undo it."""
    rows = [leak for leak in poc.leaks if leak.kind in BY_TARGET and _reached(leak, poc)]
    if rows:
        names = _names(rows)
        yield Finding(
            "LEAK-SELECTION",
            Severity.BLOCKER,
            f"{words.listed(names)} {'uses' if len(names) == 1 else 'use'} the target of every row before "
            "the split, so any figure is too good, that of `causeway run` too.",
            Remedy(
                "Split first and fit it on the training rows only, or make it a step of the model's Pipeline."
            ),
            _places(rows, rows[0].split),
            certainty=0.95,
            damage=0.95,
            blocks_ship=True,
        )


def _filtered(poc: Poc) -> Iterator[Finding]:
    rows = [leak for leak in poc.leaks if leak.kind == "filter" and _reached(leak, poc)]
    if rows:
        yield Finding(
            "LEAK-ROWS",
            Severity.BLOCKER,
            f"Rows are left out by {rows[0].name}, which is computed from the target {poc.target.value}: the "
            "test set is easier than the world, where the target is not known yet.",
            Remedy("Choose rows by what is known when predicting, or only in the training part."),
            _places(rows, None),
            certainty=0.9,
            damage=0.6,
            blocks_ship=True,
        )


def _told(poc: Poc) -> Iterator[Finding]:
    """Features that are the answer: the target's own column, or the one it is computed from."""
    training = _chosen(poc)
    if training and training.told and training.task not in UNTAUGHT | {"forecast"}:
        names = words.listed(list(training.told[:3]))
        own = training.told == (training.target,)
        why = "is the target itself" if own else f"is what {training.target} is made of"
        yield Finding(
            "LEAK-TARGET",
            Severity.BLOCKER,
            f"{names} is among the features, and {why}: the model is given the answer that it is to find.",
            Remedy("Take it out of the list of features, with all that is computed from it; measure again."),
            (training.at,),
            certainty=0.9,
            damage=0.95,
            blocks_ship=True,
        )


def _columns(poc: Poc) -> Iterator[Finding]:
    yield from _warned(poc)
    yield from _told(poc)
    yield from given_away.judge(poc)
    file = poc.training_file()
    scored = (
        [c for c in file.columns if (c.target_score or 0.0) >= PERFECT and c.name in poc.features]
        if file
        else []
    )
    if scored and file:
        names = words.listed([column.name for column in scored])
        yield Finding(
            "LEAK-TARGET",
            Severity.FIX,
            f"{names} alone tells {poc.target.value} almost perfectly: is it known before the outcome?",
            Remedy("If it is only known afterwards, leave the column out."),
            (Evidence(file.path, text=f"score {scored[0].target_score:.3f}"),),
            certainty=0.6,
            damage=0.9,
        )


def _warned(poc: Poc) -> Iterator[Finding]:
    file = poc.training_file()
    for sighting in poc.seen("warned_column"):
        if file is None:
            return
        index = int(sighting.detail)
        name = sighting.value if file.header else f"column {index}"
        if name in poc.features:
            said = name if name == sighting.value else f"{name} ({sighting.value})"
            yield Finding(
                "LEAK-TARGET",
                Severity.BLOCKER,
                f"{said[:1].upper()}{said[1:]} is a feature, and the README itself warns that it is not "
                "known before the outcome.",
                Remedy("Leave the column out, train again, and compare."),
                (sighting.at, *poc.train.evidence[:1]),
                certainty=0.9,
                damage=0.95,
                blocks_ship=True,
            )


def _no_holdout(poc: Poc) -> Iterator[Finding]:
    training = _chosen(poc)
    if training and training.task in UNTAUGHT:
        return
    if training and training.same_rows:
        yield Finding(
            "NO-HOLDOUT",
            Severity.BLOCKER,
            "It is judged on the very rows that it learned from; nothing is held out.",
            Remedy("Hold rows out before fitting; `causeway run` measures it out of sample."),
            (training.at, training.same_rows),
            certainty=0.95,
            damage=0.85,
        )
    elif training and (aside := _never_scored(poc, training)):
        yield aside
    elif training and _unmeasured(poc, training):
        yield Finding(
            "NO-HOLDOUT",
            Severity.FIX,
            "It learns from all rows, and nothing in the folder measures how good it is.",
            Remedy("Hold rows out before fitting, the latest ones where time matters, and measure on them."),
            (training.at,),
            certainty=0.8,
            damage=0.6,
        )
    if training and training.shuffled and not training.seeded and not _seeded_before(poc, training):
        yield Finding(
            "UNSEEDED",
            Severity.NOTE,
            "The split has no seed, so its figures change with every run.",
            Remedy("Give train_test_split a random_state."),
            (training.split or training.at,),
            damage=0.2,
        )
    elif training and _random_network(poc, training):
        yield Finding(
            "UNSEEDED",
            Severity.NOTE,
            "The network starts from other weights at every run: no seed is set anywhere.",
            Remedy("Set one before it is built: keras.utils.set_random_seed, torch.manual_seed."),
            (training.at,),
            certainty=0.85,
            damage=0.2,
        )


def _seeded_before(poc: Poc, training: Training) -> bool:
    """Whether the file sets the seed of all that numpy draws: scikit-learn draws from it too."""
    at = training.split or training.at
    return any(s.at.path == at.path and s.value.endswith("random.seed") for s in poc.seen("seeded"))


def _never_scored(poc: Poc, training: Training) -> Finding | None:
    """That rows are set aside and nothing is ever measured on them."""
    found = [s for s in poc.seen("unscored") if s.at.path == training.path]
    if not found or poc.seen("judged"):
        return None
    forgotten = [s for s in poc.seen("score_forgotten") if s.at.path == training.path]
    beside = f", and what {found[0].detail} gives is neither shown nor kept" if found[0].detail else ""
    return Finding(
        "NO-HOLDOUT",
        Severity.FIX,
        f"{found[0].value} are set aside and never used{beside}: nothing here measures how good it is.",
        Remedy("Score the model on the rows that were set aside, and write the figure down."),
        (found[0].at, *(s.at for s in forgotten)),
        certainty=0.9,
        damage=0.7,
    )


def _unmeasured(poc: Poc, training: Training) -> bool:
    python = training.at.path.endswith((".py", ".ipynb"))
    plain = training.framework == "scikit-learn" and training.task in SUPERVISED
    taught = bool(training.target) or (plain and bool(training.saves))
    known = taught and python and training.split is None
    return known and not training.metrics and not poc.seen("judged") and not poc.claims


def _random_network(poc: Poc, training: Training) -> bool:
    used = any(s.at.path == training.at.path for s in poc.seen("network_library"))
    named = "network" in training.estimator or training.estimator in {"Sequential", "Model", "PyTorch LSTM"}
    return used and named and not poc.seen("seeded")


def _shuffled_time(poc: Poc) -> Iterator[Finding]:
    if poc.kind.value != "time series forecasting":
        return
    drawn = [training for training in poc.trainings if training.shuffled and training.split]
    if drawn:
        yield Finding(
            "SPLIT-TIME",
            Severity.FIX,
            "A time series is split at random: the model is tested on hours whose neighbours it has seen.",
            Remedy("Split by time: learn from the past, judge by what came after."),
            tuple(training.split for training in drawn if training.split),
            certainty=0.9,
            damage=0.7,
        )


def _chosen(poc: Poc) -> Training | None:
    at = poc.train.at
    return next((item for item in poc.trainings if item.path == poc.train.value and item.at == at), None)


def _reached(leak: Leak, poc: Poc) -> bool:
    """Whether it came to the training that counts."""
    return poc.train.value in {leak.reached, leak.at.path}


def _names(leaks: list[Leak]) -> list[str]:
    return list(dict.fromkeys(leak.name for leak in leaks))


def _is(leaks: list[Leak]) -> str:
    return "is" if len(_names(leaks)) == 1 else "are"


def _places(leaks: list[Leak], split: Evidence | None) -> tuple[Evidence, ...]:
    return (*(leak.at for leak in leaks[:4]), *([split] if split else []))
