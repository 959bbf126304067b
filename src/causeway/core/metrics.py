"""What people call the metrics."""

_SPOKEN = {
    "accuracy": "accuracy",
    "f1": "F1",
    "log_loss": "log loss",
    "macro_f1": "macro F1",
    "mae": "mean absolute error",
    "r2": "R2",
    "rmse": "RMSE",
    "roc_auc": "ROC AUC",
}


def spoken(metric: str) -> str:
    """The metric as a person says it."""
    return _SPOKEN.get(metric, metric)
