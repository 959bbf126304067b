import pandas as pd

from train import NUMBERS, TARGET, WORDS, train

ORDERS = pd.read_csv("orders.csv")


def test_the_data_is_what_the_training_expects():
    assert set(ORDERS[TARGET]) == {"yes", "no"}
    assert not ORDERS[NUMBERS + WORDS].isna().any().any()


def test_slow_and_discounted_fashion_comes_back_more_often():
    row = {"items": 1, "value": 60.0, "discount": 0.0, "delivery_days": 2, "orders_before": 9,
           "category": "books", "payment": "card"}  # fmt: skip
    worse = row | {"discount": 0.3, "delivery_days": 9, "category": "fashion", "payment": "invoice"}
    chances = train().predict_proba(pd.DataFrame([row, worse]))[:, 1]
    assert chances[0] < 0.3 < chances[1]
