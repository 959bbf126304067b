import pandas as pd

from train import FROM, NUMBERS, TARGET, WEEK, WORDS, train

SALES = pd.read_csv("sales.csv")


def test_the_data_is_what_the_training_expects():
    assert SALES[WEEK].is_monotonic_increasing
    assert not SALES[[TARGET, *NUMBERS, *WORDS]].isna().any().any()


def test_it_is_nearer_than_last_week_was():
    future = SALES[SALES[WEEK] >= FROM]
    off = (train().predict(future[NUMBERS + WORDS]) - future[TARGET]).abs().mean()
    assert off < (future["sold_1_week_before"] - future[TARGET]).abs().mean()
