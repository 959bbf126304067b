"""R: what its scripts and notebooks read, predict, fit and save, as far as patterns tell."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from causeway.core.poc import Leak, Sighting, Source, Training
from causeway.intake.files.text import read_searchable
from causeway.intake.files.walk import Entry
from causeway.intake.flow.values import UNKNOWN
from causeway.intake.languages.rfiles import KEEPS, absolute_in, first_read, path_of, read_in
from causeway.intake.languages.rfits import Fit, fits, terms
from causeway.intake.languages.rsyntax import Call, RText, only_chunks
from causeway.intake.python.code import Code

MAX_FITS = 60
SUFFIXES = {".r", ".rmd", ".qmd"}
_LIBRARY = re.compile(r"(?:^|[(;{])\s*(?:library|require)\(\s*[\"']?([\w.]+)")
_LOAD = re.compile(r"^\s*[^#\n]{0,400}\b(load|readRDS|read_rds)\(\s*[\"']([^\"']+)[\"']")
_SURVIVAL = re.compile(r"\b(coxph|survreg|flexsurvreg|rfsrc|psm|cph|survfit)\s*\(")
_OUTCOME = re.compile(r"\bSurv\(([^()]*)\)\s*~")
_REMOVE = re.compile(r"\bstep_rm\(([^)]*)\)")
_POSITIVE = re.compile(r"\b(\w{1,80})\s*=\s*ifelse\(\(?\s*\1\s*>\s*0\)?\s*,\s*[\"']([^\"']+)[\"']")
_HOOK = re.compile(r"#\s*modelop\.(\w+)")
_SURVIVAL_MODELS = {
    "coxph": "Cox proportional hazards model", "cph": "Cox proportional hazards model",
    "survreg": "parametric survival model", "psm": "parametric survival model",
    "flexsurvreg": "parametric survival model", "rfsrc": "random survival forest",
    "survfit": "Kaplan-Meier estimate",
}  # fmt: skip
_CURVES = frozenset({"roc", "roc.curve", "AUC", "auc"})
"""Measures of two classes; those of tidymodels take more."""
_CLASSES = frozenset(
    {"confusionMatrix", "conf_mat", "CrossTable", "F1_Score", "precision", "recall", "roc_auc", "roc_curve"}
)
_ERRORS = frozenset({"RMSE", "rmse", "MAE", "mae", "MAPE", "mape", "R2", "rsq"})
_MEASURES = _CURVES | _CLASSES | _ERRORS
_CHOICES = ("<- NULL", "select(", "subset(", "[,-", "[, -", "[-", "c(-")
_LOOKS = frozenset({"predict", "summary", "print", "table", "accuracy", "AIC", "BIC", "postResample", "plot"})
"""Calls after which one can see how good a fit is; broader than measures, so that none is missed."""
_SPLITS = frozenset(
    {
        "createDataPartition", "initial_split", "initial_time_split", "sample.split", "sample", "sample_frac",
        "createFolds", "vfold_cv", "slice_sample", "sample_n",
    }
)  # fmt: skip
_TABLE = re.compile(r"^(?:nrow\(|seq_len\(nrow\(|1:nrow\(|seq\(\w*\()?([A-Za-z][\w.]*)")
_SCALED = re.compile(
    r"(?m)^[ \t]*([A-Za-z][\w.]*)(?:\$([\w.]+)|\[[^\n\]]*\]+)?[ \t]*(?:<-|=(?!=))[ \t]*"
    r"(?:as\.data\.frame\(|as\.numeric\(|data\.frame\()?scale\(\s*\1\b"
)


class RCode:
    """The R of one file: source, sightings, and the trainings it holds."""

    def __init__(self, path: str, pieces: Sequence[tuple[int | None, str]]) -> None:
        self.path = path
        self.r = RText(path, pieces)
        self.text = self.r.text
        self.source = Source(path, "R", self.text.count("\n") + 1)

    def sightings(self) -> list[Sighting]:
        """Libraries, loads, measures, places of one machine, hooks of serving platforms, global names."""
        found: list[Sighting] = []
        position = 0
        for line in self.text.split("\n"):
            seen = tuple(_in_line(line)) if line.strip() else ()
            at = self.r.at(position) if seen else None
            found += [Sighting(what, value, at) for what, value in seen if at]
            position += len(line) + 1
        found += absolute_in(self.r)
        for what, names in (("judged", _MEASURES | _LOOKS), ("keeps", KEEPS)):
            first = next((call for call in self.r.calls() if call.name in names), None)
            found += [Sighting(what, first.name, self.r.at(first.position))] if first else []
        return found

    def trainings(self) -> list[Training]:
        """The models that the file fits, by their formulas and outcomes."""
        outcome = _OUTCOME.search(self.r.plain)
        survival = self._survival(outcome) if outcome else None
        return [survival] if survival else [self._training(fit) for fit in islice(fits(self.r), MAX_FITS)]

    def leaks(self) -> list[Leak]:
        """Columns scaled by all rows of a table that is split only later."""
        found: list[Leak] = []
        splits = [call for call in self.r.calls() if call.name in _SPLITS][:MAX_FITS]
        for scaled in islice(_SCALED.finditer(self.r.plain), MAX_FITS):
            for call in splits:
                if call.position > scaled.end() and _table(call) == scaled[1]:
                    made = self.r.made(scaled[1], call.position)
                    if not (made and "read" in made[1]):
                        at, split = self.r.at(scaled.start()), self.r.at(call.position)
                        found.append(Leak("scale", "scale()", at, split, self.path))
                    break
        return found

    def _training(self, fit: Fit) -> Training:
        removed, chosen = self._removed, self._chosen
        positive = self._positive
        named = terms(fit.right)
        dropped = tuple(part for part in removed if part and "(" not in part)
        whole = bool(removed) or (fit.right == "." and not chosen)
        split = next(
            (call for call in self.r.calls() if call.name in _SPLITS and call.position < fit.position), None
        )
        return Training(
            self.path,
            fit.name,
            self.r.at(fit.position),
            framework="tidymodels" if "tidymodels" in self.text else "R",
            task=self._task(fit),
            data=read_in(self.r, fit.data, fit.position) or first_read(self.r),
            target=fit.target,
            positive=positive[2] if positive and positive[1] == fit.target else "",
            features=named or (),
            dropped=dropped if whole or named else (UNKNOWN,),
            split=self.r.at(split.position) if split else None,
            metrics=tuple(sorted(_MEASURES & {call.name for call in self.r.calls()})),
            saves=self._saves(),
        )

    @cached_property
    def _removed(self) -> list[str]:
        return [part.strip() for found in _REMOVE.finditer(self.text) for part in found[1].split(",")]

    @cached_property
    def _positive(self) -> re.Match[str] | None:
        return _POSITIVE.search(self.text)

    @cached_property
    def _chosen(self) -> bool:
        """Whether columns are chosen somewhere, so that `.` in a formula is not all of the file's."""
        return any(word in self.text for word in _CHOICES)

    def _task(self, fit: Fit) -> str:
        """What the fit itself says, or else how its target is made and its answers are measured."""
        called = {call.name for call in self.r.calls()}
        if fit.task not in {"", "classification"}:
            return fit.task
        named = re.escape(fit.target)
        made = (
            re.search(rf"\b{named}`?\s*(?:<-|:?=)\s*(?:as\.)?factor\(", self.r.plain) if fit.target else None
        )
        task = fit.task or ("classification" if made or fit.factor or called & _CLASSES else "")
        if not task and called & _ERRORS:
            return "regression"
        two = called & _CURVES or {"prediction", "performance"} <= called or "twoClassSummary" in self.r.plain
        return "binary" if two and (task or not called & _ERRORS) else task

    def _saves(self) -> tuple[str, ...]:
        paths = [path_of(self.r, call) for call in self.r.calls() if call.name in KEEPS]
        return tuple(path for path in paths if path)

    def _survival(self, outcome: re.Match[str]) -> Training | None:
        """A model of times until an event: the event is what it is about."""
        fitted = [found[1] for found in _SURVIVAL.finditer(self.r.plain)]
        if not fitted:
            return None
        name = next((one for one in fitted if one != "survfit"), "survfit")
        parts = [part.rpartition("=")[2].strip() for part in outcome[1].split(",")]
        return Training(
            self.path,
            _SURVIVAL_MODELS[name],
            self.r.at(outcome.start()),
            framework="R",
            task="survival",
            data=first_read(self.r),
            target=parts[-1] if len(parts) > 1 else "",
            dropped=(UNKNOWN,),
            saves=self._saves(),
        )


def read_r(entry: Entry) -> RCode:
    """A script, or the chunks of a document."""
    text = read_searchable(entry.full, 1_000_000)
    return RCode(entry.path, [(None, only_chunks(text) if entry.suffix != ".r" else text)])


def in_notebooks(codes: Sequence[Code]) -> list[RCode]:
    """The notebooks whose kernel is R's."""
    return [RCode(code.path, code.foreign) for code in codes if code.foreign and code.source.language == "R"]


def _table(call: Call) -> str:
    """The table that a call splits, as it is named first."""
    found = _TABLE.match(call.plain[0] if call.plain else call.named.get("y", call.named.get("data", "")))
    return found[1] if found else ""


def _in_line(line: str) -> Iterator[tuple[str, str]]:
    library = _LIBRARY.search(line.partition("#")[0])
    load, hook = _LOAD.match(line), _HOOK.search(line)
    if library:
        yield "r_library", library[1]
    if load:
        yield "unsafe_load" if load[1] == "load" else "load", load[2]
    if hook:
        yield "served_hook", f"modelop.{hook[1]}"
    if "plumber" in line and library:
        yield "app", "plumber"
    if "shiny" in line and library:
        yield "app", "Shiny"
    if "<<-" in line and not line.lstrip().startswith("#"):
        yield "global_state", line.strip()
