"""Learns how many hours a repair takes; `causeway run` calls `train`."""

import logging

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

TARGET = "hours"
NUMBERS = ["machine_age", "distance_km", "parts", "repairs_before"]
WORDS = ["machine", "fault"]
SEED = 7

log = logging.getLogger(__name__)


def train():
    """The fitted model; what was held out from it says how good it is."""
    table = pd.read_csv("repairs.csv")
    x_train, x_test, y_train, y_test = train_test_split(
        table[NUMBERS + WORDS], table[TARGET], test_size=0.25, random_state=SEED
    )
    columns = make_column_transformer((OneHotEncoder(), WORDS), remainder="passthrough")
    model = make_pipeline(columns, GradientBoostingRegressor(random_state=SEED))
    model.fit(x_train, y_train)
    error = mean_absolute_error(y_test, model.predict(x_test))
    log.info("off by %.2f hours on average on %d repairs held out", error, len(x_test))
    return model


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    train()
