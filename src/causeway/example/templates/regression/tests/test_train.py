import pandas as pd

from train import NUMBERS, TARGET, WORDS, train

REPAIRS = pd.read_csv("repairs.csv")


def test_the_data_is_what_the_training_expects():
    assert (REPAIRS[TARGET] > 0).all()
    assert not REPAIRS[NUMBERS + WORDS].isna().any().any()


def test_an_old_press_with_many_parts_takes_longer():
    row = {"machine_age": 1, "distance_km": 10.0, "parts": 0, "repairs_before": 0, "machine": "lathe",
           "fault": "sensor"}  # fmt: skip
    worse = row | {"machine_age": 20, "parts": 5, "machine": "press", "fault": "hydraulics"}
    short, long = train().predict(pd.DataFrame([row, worse]))
    assert short + 2 < long
