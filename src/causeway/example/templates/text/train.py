"""Learns which team a message is for; `causeway run` calls `train`."""

import logging

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

TARGET = "team"
TEXT = "message"
SEED = 7

log = logging.getLogger(__name__)


def train():
    """The fitted model; what was held out from it says how good it is."""
    table = pd.read_csv("messages.csv")
    x_train, x_test, y_train, y_test = train_test_split(
        table[TEXT], table[TARGET], test_size=0.25, random_state=SEED, stratify=table[TARGET]
    )
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10, max_iter=1000))
    model.fit(x_train, y_train)
    skill = balanced_accuracy_score(y_test, model.predict(x_test))
    log.info("balanced accuracy %.3f on %d messages held out", skill, len(x_test))
    return model


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    train()
