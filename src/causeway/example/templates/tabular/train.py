"""Learns which orders come back; `causeway run` calls `train`."""

import logging

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TARGET = "returned"
NUMBERS = ["items", "value", "discount", "delivery_days", "orders_before"]
WORDS = ["category", "payment"]
SEED = 7

log = logging.getLogger(__name__)


def train():
    """The fitted model; what was held out from it says how good it is."""
    table = pd.read_csv("orders.csv")
    x_train, x_test, y_train, y_test = train_test_split(
        table[NUMBERS + WORDS], table[TARGET], test_size=0.25, random_state=SEED, stratify=table[TARGET]
    )
    columns = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(), WORDS))
    model = make_pipeline(columns, LogisticRegression(max_iter=1000))
    model.fit(x_train, y_train)
    skill = roc_auc_score(y_test == "yes", model.predict_proba(x_test)[:, 1])
    log.info("ROC AUC %.3f on %d orders held out", skill, len(x_test))
    return model


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    train()
