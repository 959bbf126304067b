"""Learns how much a shop sells next week; `causeway run` calls `train`."""

import logging

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TARGET = "sold"
WEEK = "week"
# all of these are known before the week begins
NUMBERS = ["sold_1_week_before", "sold_2_weeks_before", "sold_4_weeks_before", "month", "promotion"]
WORDS = ["shop"]
FROM = "2026-01-01"

log = logging.getLogger(__name__)


def train():
    """The model, fitted on the weeks before `FROM`; the weeks after it say how good it is."""
    table = pd.read_csv("sales.csv")
    past, future = table[table[WEEK] < FROM], table[table[WEEK] >= FROM]
    columns = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(), WORDS))
    model = make_pipeline(columns, Ridge())
    model.fit(past[NUMBERS + WORDS], past[TARGET])
    error = mean_absolute_error(future[TARGET], model.predict(future[NUMBERS + WORDS]))
    log.info("off by %.1f pieces on average in %d weeks of shops after %s", error, len(future), FROM)
    return model


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    train()
