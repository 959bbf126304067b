import pandas as pd

from train import TARGET, TEXT, train

MESSAGES = pd.read_csv("messages.csv")


def test_the_data_is_what_the_training_expects():
    assert set(MESSAGES[TARGET]) == {"billing", "delivery", "technical"}
    assert (MESSAGES[TEXT].str.len() > 0).all()


def test_a_message_about_an_invoice_goes_to_billing():
    told = train().predict(["my invoice is wrong", "the parcel is late", "the app crashes"])
    assert list(told) == ["billing", "delivery", "technical"]
