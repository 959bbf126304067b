"""R: what its scripts and notebooks read, predict, fit and save, as far as patterns tell."""

import re
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting, Source, Training
from causeway.intake.files.text import read_searchable
from causeway.intake.files.walk import Entry

SUFFIXES = {".r", ".rmd", ".qmd"}
_LIBRARY = re.compile(r"^\s*(?:library|require)\(\s*[\"']?([\w.]+)")
_READ = re.compile(r"\bread(?:[._]csv2?|_delim|_tsv|_excel|\.table|RDS|_rds)?\(\s*[\"']([^\"']+)[\"']")
_LOAD = re.compile(r"^\s*[^#\n]{0,400}\b(load|readRDS|read_rds)\(\s*[\"']([^\"']+)[\"']")
_SAVE = re.compile(r"\bsave(?:RDS)?\(.*?[\"']([^\"']+)[\"']")
_FORMULA = re.compile(
    r"\b(recipe|add_formula|lm|glm|lmer|glmer|gam|gbm|randomForest|rpart|ctree|naiveBayes|nnet|train|ranger|"
    r"svm|fit)\(\s*(?:formula\s*=\s*)?([\w.]+)\s*~"
)
_SURVIVAL = re.compile(r"\b(coxph|survreg|flexsurvreg|rfsrc|psm|cph|survfit)\s*\(")
_OUTCOME = re.compile(r"\bSurv\(([^()]*)\)\s*~")
_TASK = re.compile(r"\bas_task_(classif|regr|surv)\(.*?(?:target|event)\s*=\s*[\"']([\w.]+)[\"']", re.DOTALL)
_PATH = re.compile(
    r"([\w.]+)\s*(?:<-|=)\s*(?:(?:file\.path|here|here::here)\(([^()]*)\)|[\"']([^\"'\n]+)[\"'])"
)
_READ_NAMED = re.compile(
    r"\b(?:read(?:[._]csv2?|_delim|_tsv|_excel|\.table|RDS|_rds)|fread)\(\s*([A-Za-z][\w.]*)\s*[,)]"
)
_COMMENT = re.compile(r"(?m)^[ \t]*#[^\n]*$")
_REMOVE = re.compile(r"\bstep_rm\(([^)]*)\)")
_MODEL = re.compile(
    r"\b(logistic_reg|linear_reg|rand_forest|boost_tree|decision_tree|svm_rbf|nearest_neighbor|mlp)\("
)
_MODE = re.compile(r"set_mode\(\s*[\"'](\w+)[\"']")
_POSITIVE = re.compile(r"\b(\w{1,80})\s*=\s*ifelse\(\(?\s*\1\s*>\s*0\)?\s*,\s*[\"']([^\"']+)[\"']")
_HOOK = re.compile(r"#\s*modelop\.(\w+)")
_MODELS = {
    "logistic_reg": ("logistic regression", "classification"),
    "linear_reg": ("linear regression", "regression"),
    "rand_forest": ("random forest", ""), "boost_tree": ("boosted trees", ""),
    "decision_tree": ("decision tree", ""),
    "svm_rbf": ("support vector machine", ""), "nearest_neighbor": ("k nearest neighbours", ""),
    "mlp": ("neural network", ""),
    "lm": ("linear regression", "regression"), "glm": ("generalised linear model", ""),
    "lmer": ("mixed model", "regression"), "glmer": ("mixed model", ""), "gam": ("additive model", ""),
    "gbm": ("boosted trees", ""), "ctree": ("decision tree", ""),
    "naiveBayes": ("naive Bayes", "classification"),
    "nnet": ("neural network", ""), "svm": ("support vector machine", ""),
    "coxph": ("Cox proportional hazards model", "survival"),
    "cph": ("Cox proportional hazards model", "survival"),
    "survreg": ("parametric survival model", "survival"), "psm": ("parametric survival model", "survival"),
    "flexsurvreg": ("parametric survival model", "survival"), "rfsrc": ("random survival forest", "survival"),
    "survfit": ("Kaplan-Meier estimate", "survival"),
    "randomForest": ("random forest", ""), "ranger": ("random forest", ""), "rpart": ("decision tree", ""),
}  # fmt: skip


class RCode:
    """One R file: source, sightings, and the training it holds, if any."""

    def __init__(self, entry: Entry) -> None:
        self.path = entry.path
        self.text = read_searchable(entry.full, 1_000_000)
        self._uncommented = _COMMENT.sub("", self.text)
        self.source = Source(entry.path, "R", self.text.count("\n") + 1)

    def sightings(self) -> list[Sighting]:
        """Libraries, loads, hooks of serving platforms and assignments to the global scope."""
        found: list[Sighting] = []
        for number, line in enumerate(self.text.split("\n"), start=1):
            at = Evidence(self.path, line=number)
            found += [Sighting(what, value, at) for what, value in _in_line(line)]
        return found

    def training(self) -> Training | None:
        """The model that the file fits, by its formula."""
        formula = _FORMULA.search(self.text)
        if outcome := _OUTCOME.search(self._uncommented):
            return self._survival(outcome)
        if not formula:
            return None
        model = _MODEL.search(self.text)
        name, task = _MODELS.get(model[1] if model else formula[1], (formula[1], ""))
        mode = _MODE.search(self.text)
        removed = [part.strip() for found in _REMOVE.finditer(self.text) for part in found[1].split(",")]
        positive = _POSITIVE.search(self.text)
        return Training(
            self.path,
            name,
            Evidence(self.path, line=self._line(formula.start())),
            framework="tidymodels" if "tidymodels" in self.text else "R",
            task=mode[1] if mode else task,
            data=self._data(),
            target=formula[2],
            positive=positive[2] if positive and positive[1] == formula[2] else "",
            dropped=tuple(part for part in removed if part and "(" not in part),
            saves=tuple(found[1] for found in _SAVE.finditer(self.text)),
        )

    def _survival(self, outcome: re.Match[str]) -> Training | None:
        """A model of times until an event: the event is what it is about."""
        fitted = [found[1] for found in _SURVIVAL.finditer(self._uncommented)]
        if not fitted:
            return None
        name = next((one for one in fitted if one != "survfit"), "survfit")
        parts = [part.rpartition("=")[2].strip() for part in outcome[1].split(",")]
        return Training(
            self.path,
            _MODELS[name][0],
            Evidence(self.path, line=self._line(outcome.start())),
            framework="R",
            task="survival",
            data=self._data(),
            target=parts[-1] if len(parts) > 1 else "",
            dropped=("#unknown",),
            saves=tuple(found[1] for found in _SAVE.finditer(self.text)),
        )

    def _data(self) -> str:
        """The file that it reads, by its name or by that of a variable which holds the path."""
        if read := _READ.search(self.text):
            return read[1]
        named = _READ_NAMED.search(self.text)
        for found in _PATH.finditer(self.text) if named else ():
            if found[1] == (named[1] if named else ""):
                return found[3] or "/".join(re.findall(r"[\"']([^\"']+)[\"']", found[2] or ""))
        return ""

    def _line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1


def _in_line(line: str) -> Iterator[tuple[str, str]]:
    library, load, hook = _LIBRARY.match(line), _LOAD.match(line), _HOOK.search(line)
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
