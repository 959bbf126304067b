"""Which calls of R fit a model, what for, and which column they learn."""
# ruff: noqa: SIM905 - lists of words read best as words

import re
from collections.abc import Iterator

from msgspec import Struct

from causeway.intake.languages import rwater
from causeway.intake.languages.rsyntax import Call, RText, literals

MODELS = {
    "logistic_reg": ("logistic regression", "classification"),
    "linear_reg": ("linear regression", "regression"),
    "rand_forest": ("random forest", ""), "boost_tree": ("boosted trees", ""),
    "decision_tree": ("decision tree", ""),
    "svm_rbf": ("support vector machine", ""), "nearest_neighbor": ("k nearest neighbours", ""),
    "mlp": ("neural network", ""),
}  # fmt: skip
"""The models of parsnip, which a workflow joins with a formula."""
FITS = {
    "lm": ("linear regression", "regression"), "glm": ("generalised linear model", ""),
    "glm.nb": ("negative binomial regression", "regression"),
    "lmer": ("mixed model", "regression"), "glmer": ("mixed model", ""), "gam": ("additive model", ""),
    "glmnet": ("elastic net", ""), "cv.glmnet": ("elastic net", ""), "lda": ("discriminant analysis",
    "classification"), "qda": ("discriminant analysis", "classification"),
    "multinom": ("multinomial logistic regression", "multiclass"),
    "polr": ("ordinal logistic regression", "multiclass"),
    "gbm": ("boosted trees", ""), "ctree": ("decision tree", ""), "cforest": ("random forest", ""),
    "naiveBayes": ("naive Bayes", "classification"), "naive_bayes": ("naive Bayes", "classification"),
    "NaiveBayes": ("naive Bayes", "classification"), "C5.0": ("decision tree", "classification"),
    "J48": ("decision tree", "classification"), "knn3": ("k nearest neighbours", "classification"),
    "nnet": ("neural network", ""), "neuralnet": ("neural network", ""),
    "svm": ("support vector machine", ""),
    "ksvm": ("support vector machine", ""), "randomForest": ("random forest", ""),
    "ranger": ("random forest", ""), "rpart": ("decision tree", ""), "bagging": ("bagged trees", ""),
    "boosting": ("boosted trees", "classification"), "ada": ("boosted trees", "binary"),
    "xgboost": ("XGBoost", ""), "xgb.train": ("XGBoost", ""), "lgb.train": ("LightGBM", ""),
    "auto.arima": ("ARIMA", "forecast"), "Arima": ("ARIMA", "forecast"), "arima": ("ARIMA", "forecast"),
    "ets": ("exponential smoothing", "forecast"), "HoltWinters": ("exponential smoothing", "forecast"),
    "nnetar": ("neural network", "forecast"), "tbats": ("TBATS", "forecast"),
    "prophet": ("Prophet", "forecast"),
    "kmeans": ("k-means", "clustering"), "hclust": ("hierarchical clustering", "clustering"),
    "pam": ("k-medoids", "clustering"), "dbscan": ("DBSCAN", "clustering"), "Mclust": ("Gaussian mixture",
    "clustering"), "train": ("", ""), "recipe": ("", ""), "add_formula": ("", ""), "fit": ("", ""),
}  # fmt: skip
CARET = {
    "rf": "randomForest", "ranger": "ranger", "glm": "glm", "lm": "lm", "glmnet": "glmnet", "rpart": "rpart",
    "gbm": "gbm", "nb": "naiveBayes", "naive_bayes": "naiveBayes", "lda": "lda", "qda": "qda",
    "multinom": "multinom", "nnet": "nnet", "xgbTree": "xgboost", "xgbLinear": "xgboost", "C5.0": "C5.0",
    "J48": "J48", "ctree": "ctree", "treebag": "bagging", "svmRadial": "svm", "svmLinear": "svm",
    "svmPoly": "svm", "svmLinear2": "svm", "polr": "polr",
}  # fmt: skip
"""What the methods of caret are called where they are functions themselves."""
CARET_ONLY = {
    "knn": ("k nearest neighbours", ""), "lvq": ("learning vector quantisation", "classification"),
    "ridge": ("ridge regression", "regression"), "lasso": ("lasso", "regression"),
    "adaboost": ("boosted trees", "classification"), "leapSeq": ("linear regression", "regression"),
    "earth": ("adaptive splines", ""), "bayesglm": ("generalised linear model", ""),
}  # fmt: skip
NEEDS_FORMULA = frozenset(
    "lm glm glmer lmer gam lda qda fit recipe add_formula svm nnet ranger bagging boosting ada "
    "prophet".split()
)
"""Functions whose names are common: only a formula makes them a fit."""
FAMILIES = {
    "binomial": "binary", "quasibinomial": "binary", "bernoulli": "binary", "multinomial": "multiclass",
    "poisson": "regression", "quasipoisson": "regression", "gaussian": "regression", "gamma": "regression",
    "tdist": "regression", "laplace": "regression", "adaboost": "binary", "huberized": "binary",
}  # fmt: skip
OBJECTIVES = {"binary": "binary", "multi": "multiclass", "reg": "regression", "multiclass": "multiclass",
              "regression": "regression", "count": "regression"}  # fmt: skip
_LEFT = re.compile(
    r"^\s*(?:(?:as\.)?(?:factor|numeric|integer)|log1?p?|sqrt)?\(?\s*(?:[\w.]+\$)?(`[^`]+`|[\w.]+)"
)
_WHOLE_LEFT = re.compile(r"^(?:(?:as\.)?\w+\(\s*[\w.$]+\s*\)|`[^`]+`|[\w.$]+)\s*~")
_COLUMN = re.compile(r"^[\w.]+(?:\$(`[^`]+`|[\w.]+)|\[\[?,?\s*[\"']([^\"']+)[\"']\s*,?\]?\])$")
_TERMS = re.compile(r"\s*[\w.`]+(?:\s*\+\s*[\w.`]+)*\s*")


class Fit(Struct, frozen=True):
    """One call that fits: what a person calls the model, what for, the target, and the features if named."""

    name: str
    task: str
    target: str
    right: str
    data: str
    position: int
    factor: bool = False


def fits(text: RText) -> Iterator[Fit]:
    """Every fit, in order; workflows of parsnip are told by their formula."""
    for call in text.calls():
        if rwater.is_fit(call):
            name, task = rwater.named(call)
            target, frame = rwater.outcome(text, call), call.named["training_frame"]
            yield Fit(name, _family(call) or task, target, "", frame, call.position)
        if call.name not in FITS:
            continue
        formula = _formula(text, call)
        if formula is None and (
            call.name in NEEDS_FORMULA or (call.name == "train" and not call.argument("method"))
        ):
            continue
        name, task = _model(text, call)
        left, _, right = formula.partition("~") if formula else ("", "", "")
        target = _named(left) or ("" if formula else _outcome(text, call))
        if name and (target or task in {"clustering", "forecast"} or call.name in {"xgboost", "xgb.train"}):
            yield Fit(name, task, target, right.strip(), _data(call), call.position, "factor(" in left)


def _formula(text: RText, call: Call) -> str | None:
    """The formula, written in the call or under the name that is given."""
    written = [call.argument("formula"), call.argument("form"), *call.plain]
    for given in filter(None, written):
        made = text.made(given, call.position) if re.fullmatch(r"[\w.]+", given) else None
        formula = re.sub(r"^(?:as\.formula|formula)\(|[\"']", "", (made[1] if made else given).strip())
        if _WHOLE_LEFT.match(formula):
            return formula
    return None


def _named(left: str) -> str:
    found = _LEFT.match(left) if left.strip() else None
    return found[1].strip("`") if found and "cbind" not in left else ""


def _model(text: RText, call: Call) -> tuple[str, str]:
    if call.name in {"recipe", "add_formula", "fit"}:
        return _parsnip(text)
    given = literals(call.argument("method"))
    if call.name == "train":
        method = given[0] if given else ""
        name, task = FITS.get(CARET.get(method, ""), CARET_ONLY.get(method, (f"caret model {method}", "")))
        own = CARET.get(method, method)
    else:
        (name, task), own = FITS[call.name], call.name
    family = _family(call)
    if own in {"glm", "bayesglm"} and family == "binary":
        name = "logistic regression" if "probit" not in call.argument("family") else "probit regression"
    elif (
        own == "glm"
        and not family
        and call.name == "glm"
        and "family" not in call.named
        and len(call.plain) < 2
    ):
        name, family = "linear regression", "regression"
    return name, _asked(call, given) or family or task


def _parsnip(text: RText) -> tuple[str, str]:
    for call in text.calls():
        if call.name in MODELS:
            name, task = MODELS[call.name]
            modes = [
                mode
                for other in text.calls()
                if other.name == "set_mode"
                for mode in literals(" ".join(other.plain))
            ]
            modes += literals(call.argument("mode"))
            return name, modes[0] if modes else task
    return "", ""


def _family(call: Call) -> str:
    given = call.argument("family") or call.argument("distribution")
    given = given or next(
        (part for part in call.plain[1:] if part.split("(")[0].strip("\"'") in FAMILIES), ""
    )
    return FAMILIES.get(given.split("(")[0].strip("\"' ").lower(), "")


def _asked(call: Call, method: list[str]) -> str:
    """What an option says: a tree's method, a booster's objective, a metric that only one task has."""
    objective = literals(call.argument("objective")) or literals(call.argument("params"))
    for word in objective:
        if (task := OBJECTIVES.get(re.split(r"[:_]", word)[0])) and word != call.name:
            return task
    if call.name == "rpart" and method:
        return {"class": "classification", "anova": "regression", "poisson": "regression"}.get(method[0], "")
    if call.name in {"svm", "ksvm"} and (kind := literals(call.argument("type"))):
        return (
            "anomaly" if kind[0].startswith("one") else "regression" if "eps" in kind[0] else "classification"
        )
    metric = literals(call.argument("metric"))
    return {"ROC": "binary", "RMSE": "regression", "Rsquared": "regression", "Accuracy": "classification",
            "Kappa": "classification"}.get(metric[0], "") if metric else ""  # fmt: skip


def _outcome(text: RText, call: Call) -> str:
    """The column given as the outcome beside a matrix, by itself or through a name."""
    given = call.argument("y", 1 if call.name not in {"xgboost", "xgb.train"} else -1) or call.argument(
        "label"
    )
    for _ in range(3):
        given = re.sub(
            r"^(?:as\.(?:factor|numeric|matrix|vector)|factor|unlist)\((.*)\)$", r"\1", given.strip()
        )
        if found := _COLUMN.match(given):
            return (found[1] or found[2]).strip("`")
        made = text.made(given, call.position) if re.fullmatch(r"[\w.]+", given) else None
        if made is None:
            return ""
        given = made[1]
    return ""


def _data(call: Call) -> str:
    return call.argument("data") or " ".join(part for part in call.plain if "~" not in part)


def terms(right: str) -> tuple[str, ...] | None:
    """The columns of a formula's right side where it only names them; None for `.` or anything made."""
    if not _TERMS.fullmatch(right):
        return None
    names = tuple(part.strip().strip("`") for part in right.split("+"))
    return None if "." in names or any(name.replace(".", "").isdigit() for name in names) else names
