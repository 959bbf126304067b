"""Fits of R that are told by their columns and a frame, as H2O takes them, by itself or through a wrapper."""

import re

from causeway.intake.languages.rsyntax import Call, RText, literals

ALGORITHMS = {
    "gbm": "H2O boosted trees", "randomforest": "H2O random forest", "drf": "H2O random forest",
    "glm": "H2O generalised linear model", "deeplearning": "H2O neural network", "xgboost": "H2O XGBoost",
    "automl": "H2O AutoML", "naivebayes": "H2O naive Bayes", "gam": "H2O additive model",
    "stackedensemble": "H2O stacked ensemble", "rulefit": "H2O rules", "kmeans": "H2O k-means",
    "isolationforest": "H2O isolation forest", "coxph": "H2O CoxPHFitter",
}  # fmt: skip
TASKS = {"kmeans": "clustering", "isolationforest": "anomaly", "coxph": "survival"}
MAX_HOPS = 4


def is_fit(call: Call) -> bool:
    """Whether a call is given a training frame, and says which of its columns to learn."""
    return "training_frame" in call.named and ("y" in call.named or _algorithm(call) in TASKS)


def named(call: Call) -> tuple[str, str]:
    """What a person calls the model, and its task where the algorithm has only one."""
    algorithm = _algorithm(call)
    return ALGORITHMS.get(algorithm, "H2O model"), TASKS.get(algorithm, "")


def outcome(text: RText, call: Call) -> str:
    """The column that is learned, written in the call or under the name that is given."""
    given = call.argument("y").strip()
    for _ in range(MAX_HOPS):
        written = literals(given)
        if written and re.fullmatch(r"[\"'].*[\"']", given):
            return written[0]
        made = text.made(given, call.position) if re.fullmatch(r"[\w.]+", given) else None
        if made is None:
            return ""
        given = made[1].strip()
    return ""


def _algorithm(call: Call) -> str:
    given = literals(call.argument("algorithm", 0 if call.name == "h2o.grid" else -1))
    own = call.name.removeprefix("h2o.") if call.name.startswith("h2o.") else ""
    return (given[0] if given else own).lower()
