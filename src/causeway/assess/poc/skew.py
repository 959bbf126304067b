"""Does the app compute its inputs as the training did."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc

REPLAY = Remedy(
    "Serve the recovered preprocessing instead: `causeway run` proves it row by row.", "causeway run"
)


def judge(poc: Poc) -> Iterator[Finding]:
    """Encoding by hand, encoders fitted again, text cleaned differently, options never seen."""
    served = poc.serve.value
    if served:
        yield from _by_hand(poc, served)
        yield from _fitted_again(poc, served)
        yield from _one_row(poc)
        yield from _transforms_anew(poc)
        yield from _coded(poc)
        yield from _read(poc)
        yield from _text(poc, served)
        yield from _options(poc, served)
        yield from _fixed_year(poc, served)


def _by_hand(poc: Poc, served: str) -> Iterator[Finding]:
    vectors = [s for s in poc.seen("vector_by_hand") if s.at.path == served]
    wrong = [s for s in poc.seen("membership") if s.at.path == served]
    if not vectors and not wrong:
        return
    parts: list[str] = []
    if wrong:
        parts.append(f"{wrong[0].detail}, because {wrong[0].value} holds pairs")
    if vectors:
        _, missing = vectors[0].detail.split("|")
        parts.append(f"it fills a vector of {vectors[0].value} zeros by position" + _never(missing))
    certain = bool(wrong) or any(s.detail.split("|")[1] for s in vectors)
    yield Finding(
        "SKEW",
        Severity.BLOCKER if certain else Severity.FIX,
        f"The app feeds the model other inputs than the training did: {'; '.join(parts)}.",
        REPLAY,
        tuple(s.at for s in (*wrong, *vectors)),
        certainty=0.95 if wrong else 0.8,
        damage=1.0,
        blocks_ship=certain,
    )


def _never(missing: str) -> str:
    if not missing:
        return ""
    return f", and position{'s' if ',' in missing else ''} {missing} never" if missing else ""


def _one_row(poc: Poc) -> Iterator[Finding]:
    """What is computed from the single row of a request, where the training computed it from its rows."""
    found = poc.seen("one_row")
    changes = [s for s in found if s.value in _CHANGES]
    if changes:
        said = list(dict.fromkeys(_CHANGES[s.value].format(s.detail) for s in changes))
        yield Finding(
            "SKEW",
            Severity.BLOCKER,
            f"The app feeds the model other inputs than the training did: {'; '.join(said)}.",
            Remedy("Save what training fitted and only transform with it in the app."),
            tuple(s.at for s in changes[:4]),
            certainty=0.95,
            damage=1.0,
            blocks_ship=True,
        )
    fills = [s for s in found if s.value == "filled"]
    if fills:
        names = words.listed(list(dict.fromkeys(s.detail for s in fills)))
        yield Finding(
            "SKEW",
            Severity.FIX,
            f"The app computes the {names} from the single row of the request, not from the training's rows: "
            "what is missing stays missing.",
            Remedy("Keep the training's figures with the model, and fill with those."),
            tuple(s.at for s in fills[:4]),
            certainty=0.9,
            damage=0.6,
        )


_CHANGES = {
    "dropped": "it one-hot encodes one row with drop_first=True, which drops the only category there is, so "
    "{} never reaches the model",
    "history": "it makes features of {}, and the request is a single row without any",
    "fitted": "it fits {} on the single row of the request, not on the training's rows",
}


def _transforms_anew(poc: Poc) -> Iterator[Finding]:
    for sighting in poc.seen("transforms_anew")[:1]:
        names = words.listed(sighting.detail.split(", "))
        yield Finding(
            "SKEW",
            Severity.FIX,
            f"{sighting.value}.transform computes anew, from whatever rows it is given: {names}. When "
            "serving, those are the rows of the request, not of the training.",
            Remedy("Compute it in fit, keep it in the object, and only use it in transform."),
            (sighting.at,),
            certainty=0.9,
            damage=0.7,
        )


def _coded(poc: Poc) -> Iterator[Finding]:
    """Categories to which the app gives other codes than the training did."""
    found = [s for s in poc.seen("codes_differ") if s.value != poc.target.value]
    for sighting in list({s.value: s for s in reversed(found)}.values())[::-1][:3]:
        said, learned, how = sighting.detail.split("|")
        places = [s.at for s in poc.seen("codes_learned") if s.value == sighting.value]
        yield Finding(
            "SKEW",
            Severity.BLOCKER,
            f"The app codes {sighting.value} otherwise than the training did: {said} in the app; {learned} "
            f"in the training ({_HOW.get(how, how)}).",
            Remedy("Save the encoder, or its codes, with the model and use those in the app."),
            (sighting.at, *places[-1:]),
            certainty=0.95,
            damage=1.0,
            blocks_ship=True,
        )


def _read(poc: Poc) -> Iterator[Finding]:
    """Answers, or choices, that the app calls by another category than the training did."""
    for sighting in poc.seen("answers_differ")[:1]:
        said, learned, how = sighting.detail.split("|")
        places = [s.at for s in poc.seen("codes_learned") if s.value == sighting.value]
        what = "the model's answer" if sighting.value == poc.target.value else "the codes"
        yield Finding(
            "SKEW",
            Severity.BLOCKER,
            f"The app reads {what} for {sighting.value} otherwise than the training wrote it: {said} in the "
            f"app; {learned} in the training ({_HOW.get(how, how)}).",
            Remedy("Save the encoder, or its codes, with the model and use those in the app."),
            (sighting.at, *places[-1:]),
            certainty=0.95,
            damage=1.0,
            blocks_ship=True,
        )


_HOW = {
    "LabelEncoder": "LabelEncoder counts in the order of the alphabet",
    "OrdinalEncoder": "OrdinalEncoder counts in the order of the alphabet",
    "cat.codes": "cat.codes counts in the order of the alphabet",
    "map": "a dictionary of its own",
    "replace": "a dictionary of its own",
}


def _fitted_again(poc: Poc, served: str) -> Iterator[Finding]:
    told = {s.at for s in poc.seen("one_row")}
    again = [
        s
        for s in poc.seen("refitted")
        if s.at.path == served
        and served != poc.train.value
        and s.at not in told
        and not (s.value == "get_dummies" and _aligned(poc, served))
    ]
    if again:
        yield Finding(
            "SKEW",
            Severity.BLOCKER,
            f"The app fits its preparation again at every request ({again[0].value}), so what reaches the "
            "model is not what it learned from.",
            REPLAY,
            tuple(s.at for s in again[:3]),
            certainty=0.8,
            damage=1.0,
            blocks_ship=True,
        )


def _aligned(poc: Poc, served: str) -> bool:
    """Whether the app brings its columns into those that the model learned."""
    called = {name for s in poc.seen("calls") if s.at.path == served for name in s.value.split()}
    return bool(called & {"reindex", "align", "concat", "Categorical", "CategoricalDtype"})


def _text(poc: Poc, served: str) -> Iterator[Finding]:
    own = [t for t in poc.trainings if t.path == poc.train.value and t.text and t.cleaned]
    if not own or served == poc.train.value:
        return
    called = {
        name.split(".")[-1] for s in poc.seen("calls") if s.at.path == served for name in s.value.split()
    }
    cleaner = own[-1].cleaned[-1]
    if cleaner not in called and any(s.at.path == served for s in poc.seen("predicts")):
        yield Finding(
            "SKEW",
            Severity.FIX,
            f"Training cleans the text with {cleaner}; the app predicts without it.",
            Remedy(f"Put {cleaner} into the saved pipeline, or call it in the app."),
            (own[-1].at, *(s.at for s in poc.seen("predicts") if s.at.path == served))[:2],
            certainty=0.8,
            damage=0.7,
        )


def _options(poc: Poc, served: str) -> Iterator[Finding]:
    odd = [s for s in poc.seen("unknown_option") if s.at.path == served]
    if odd:
        near, column = odd[0].detail.split("|")
        yield Finding(
            "SKEW-OPTION",
            Severity.FIX,
            f'The app offers "{odd[0].value}" for {column}; the data knows only "{near}".',
            Remedy("Take the options from the data contract."),
            tuple(s.at for s in odd),
            certainty=0.95,
            damage=0.6,
        )


def _fixed_year(poc: Poc, served: str) -> Iterator[Finding]:
    """Ages counted from a year that stands in the code."""
    found = poc.seen("fixed_year")
    own = [s for s in found if s.detail == served]
    if own:
        taught = [s for s in found if s.at.path == poc.train.value and s not in own]
        yield Finding(
            "YEAR-FIXED",
            Severity.FIX,
            f"The app counts from {own[0].value}, a year that stands in the code: with every year that "
            "passes what it takes for an age is one more too low.",
            Remedy(
                "Count from the day of the request; in the training, from the day that the records are of."
            ),
            tuple(s.at for s in (*own[:3], *taught[:1])),
            certainty=0.85,
            damage=0.5,
        )
