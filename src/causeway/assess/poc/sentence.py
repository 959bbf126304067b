"""One sentence that says what a proof of concept is, dense and true."""

from collections.abc import Iterator

from causeway.assess.poc import generative_sentence as poc_generative_sentence
from causeway.assess.poc import untrained, words
from causeway.core.finding import Evidence
from causeway.core.poc import DataFile, Guess, Poc

UNSURE = 0.75
"""Certainty below which the other candidates are named."""
MOST_NAMED = 4
ELSEWHERE = {"Spark", "H2O", "Transformers", "Surprise", "statsmodels"}
"""Libraries that are named beside the model, because its name alone would mean another one's."""


def sentence(poc: Poc) -> str:
    """The sentence, ending with a full stop; where intake is unsure it names the candidates."""
    if poc.kind.value.startswith("GenAI"):
        return poc_generative_sentence.sentence(poc)
    if not poc.kind:
        return _unknown(poc)
    return f"{_capital(', '.join(_parts(poc)))}."


def sources(poc: Poc) -> tuple[Evidence, ...]:
    """Every place that the sentence rests on, once."""
    guesses: list[Guess] = [
        poc.kind,
        poc.target,
        poc.positive,
        poc.model,
        poc.train,
        poc.serve,
        poc.served_by,
    ]
    guesses += [
        poc.training_data,
        poc.time_column,
        *poc.genai.models,
        *poc.genai.stores,
        *poc.genai.embeddings,
    ]
    found = [evidence for guess in guesses for evidence in guess.evidence if evidence.path]
    file = poc.training_file()
    found += [Evidence(file.path)] if file else []
    found += [Evidence(name) for name in (poc.train.value, poc.serve.value) if name]
    return tuple(dict.fromkeys(found))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _parts(poc: Poc) -> Iterator[str]:
    file = poc.training_file()
    of = f" of {_target(poc, file)}" if poc.target else _candidates(poc)
    if file is None:
        yield f"{_kind(poc)}{of}{_absent_data(poc)}"
    else:
        yield f"{_kind(poc)}{of} from {_inputs(poc, file)}"
    if poc.model:
        yield _model(poc) + _framework(poc)
    yield from (f"beside it {part.value} by {part.at.path}" for part in poc.beside[:2] if part.at)
    yield from _people_facing(poc)


def _kind(poc: Poc) -> str:
    others = [kind for kind in poc.kind.candidates if kind != poc.kind.value]
    if not others or poc.kind.certainty > UNSURE:
        return poc.kind.value
    return f"{poc.kind.value} (or {' or '.join(others)}: not certain)"


def _model(poc: Poc) -> str:
    names = poc.model.candidates
    if len(names) < 2:
        return poc.model.value
    shown = words.listed(
        [*names[:MOST_NAMED], *([f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else [])]
    )
    return f"one of {len(names)} models tried ({shown})"


def _target(poc: Poc, file: DataFile | None) -> str:
    column = file.column(poc.target.value) if file else None
    if poc.target.candidates:
        return f"{poc.target.value} (or {' or '.join(poc.target.candidates[:3])})"
    if column is None or "classification" not in poc.kind.value:
        return poc.target.value
    total = sum(column.categories.values())
    share = column.categories.get(poc.positive.value, 0) / total if total else 0.0
    if poc.positive and share:
        return f"{poc.target.value} ({_percent(share)} {_named(poc.positive.value)})"
    return f"{poc.target.value} ({column.distinct} classes)" if column.distinct > 1 else poc.target.value


def _named(value: str) -> str:
    return f"of class {value}" if value.replace(".", "").isdigit() else value


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.01 else f"{share * 100:.1g} %"


def _candidates(poc: Poc) -> str:
    if not _taught(poc) or (poc.seen("pretrained") and not poc.train):
        return ""
    perhaps = f"perhaps {' or '.join(poc.target.candidates)}" if poc.target.candidates else ""
    if any(item.target_chosen and item.at in poc.train.evidence for item in poc.trainings):
        return f" of a column chosen when it runs{f' ({perhaps})' if perhaps else ''}"
    return f" (target not certain; {perhaps})" if perhaps else ""


def _taught(poc: Poc) -> bool:
    """Whether this kind of model learns a column at all."""
    return "similarity" not in poc.kind.value and any(
        word in poc.kind.value for word in ("classification", "regression", "forecast", "ranking", "survival")
    )


def _absent_data(poc: Poc) -> str:
    wanted = poc.training_data.candidates
    if wanted and wanted[0].startswith("remote:"):
        return f" from {wanted[0].partition(':')[2]}, fetched when it runs"
    return f" from {wanted[0].rsplit('/', 1)[-1]}, which is not in the folder" if wanted else ""


def _inputs(poc: Poc, file: DataFile) -> str:
    records = f"{file.records:,} records" if file.records is not None else file.path
    records = records if file.exact else f"at least {records}"
    header = "" if file.header else " without a header"
    own = [training for training in poc.trainings if training.path == poc.train.value]
    if poc.time_column and poc.kind.value == "time series forecasting":
        return f"{records} ordered by {poc.time_column.value}"
    if len(poc.features) == 1 and any(training.text for training in own):
        return f"the text of {poc.features[0]}, {records}{header}"
    columns = f"{len(poc.features)} column{'s' * (len(poc.features) != 1)} of " if poc.features else ""
    return f"{columns}{records}{header}"


def _framework(poc: Poc) -> str:
    own = next((t.framework for t in poc.trainings if t.path == poc.train.value and t.framework), "")
    if poc.languages[:1] == ("R",):
        return f" in R ({own})" if own and own != "R" else " in R"
    return f" ({own})" if own in ELSEWHERE and own.lower() not in poc.model.value.lower() else ""


def _people_facing(poc: Poc) -> Iterator[str]:
    if poc.served_by:
        yield f"served by {poc.served_by.value}"
    if poc.train:
        others = poc.train.candidates if poc.train.certainty < UNSURE else ()
        unsure = f" (or {len(others)} others)" if len(others) > 1 else ""
        unsure = f" (or {others[0]})" if len(others) == 1 else unsure
        yield f"trained by {_trainer(poc)}{unsure}"
    elif untrained.untrained(poc):
        yield "whose training is not in the folder"
    if not poc.serve:
        yield _unserved(poc)
    if poc_generative_sentence.asks_too(poc):
        yield poc_generative_sentence.beside(poc)
    scored = [file for file in poc.data if file.scored and len(file.columns) > 2]
    if scored and poc.languages[:1] != ("Python",):
        yield f"{sum(file.records or 0 for file in scored):,} scored records ({scored[0].format}) are there"


def _trainer(poc: Poc) -> str:
    """The file that trains; where an app only calls what trains, the file that it calls."""
    apps = {s.at.path for s in poc.seen("app")}
    return poc.train.at.path if poc.train.at and poc.train.value in apps else poc.train.value


def _unserved(poc: Poc) -> str:
    """What uses the model where no app does: something else that loads it, or nothing."""
    trained = {poc.train.value, *poc.train.candidates}
    users = [
        sighting.at.path
        for sighting in (*poc.seen("unsafe_load"), *poc.seen("load"))
        if sighting.at.path.endswith(".py")
        and sighting.at.path not in trained
        and not _tests(sighting.at.path)
    ]
    return f"loaded by {users[0]}, no app serves it" if users else "nothing serves it"


def _tests(path: str) -> bool:
    return path.startswith("test") or "/test" in path


def _candidates_said(poc: Poc) -> str:
    return f" (perhaps {' or '.join(poc.target.candidates)})" if poc.target.candidates else ""


def _unknown(poc: Poc) -> str:
    tables = [file for file in poc.data if file.records is not None]
    parts: list[str] = []
    if poc.languages:
        parts.append(f"{' and '.join(poc.languages[:2])} code")
    if tables:
        parts.append(f"{len(tables)} data file{'s' * (len(tables) != 1)}")
    if poc.models:
        parts.append(f"{len(poc.models)} saved model{'s' * (len(poc.models) != 1)}")
    what = _capital(", ".join(parts)) if parts else f"{poc.reach.files:,} files without code, data or models"
    apart = len(poc.seen("unconnected"))
    what += f": a collection of {apart} files that do not use each other" if apart else ""
    served = f", served by {poc.served_by.value}" if poc.served_by else ""
    if poc.train:
        trained = f"{poc.train.value} trains {_model(poc)}"
        return f"{what}{served}; {trained}, but what for is not certain{_candidates_said(poc)}."
    if not poc.sources and not tables and not poc.models:
        return f"{what}: nothing to judge."
    return f"{what}{served}; no training of a model was recognised, so its kind is not known."
