"""Forecasting told by the code that trains, where the data is not in the folder."""

import pytest

import folders
from causeway.intake import read_poc

READ = "import pandas as pd\nfrom xgboost import XGBRegressor\ndf = pd.read_csv('load.csv')\n"
INDEX = "df = df.set_index('When')\ndf.index = pd.to_datetime(df.index)\n"
HOUR = "df['hour'] = df.index.hour\n"
BY_DATE = "train = df.loc[df.index < '01-01-2015']\n"
FIT = "X = {0}[['hour', 'x']]\ny = {0}['load']\nXGBRegressor().fit(X, y)\n"
PLAIN = FIT.format("df")
SPLIT = FIT.format("train")


@pytest.mark.parametrize(
    "code",
    [
        INDEX + HOUR + BY_DATE + SPLIT,
        INDEX + HOUR + "from sklearn.model_selection import TimeSeriesSplit\nTimeSeriesSplit(5)\n" + PLAIN,
        INDEX + "df['x'] = (df.index - pd.Timedelta('364 days')).map(df['load'].to_dict())\n" + PLAIN,
        "T = 'load'\ndf['When'] = pd.to_datetime(df['When'])\ndf['x'] = df[T].shift(1)\n" + PLAIN,
        "df['When'] = pd.to_datetime(df['When'])\ndf['x'] = df['load'].rolling(7).mean().shift(1)\n" + PLAIN,
    ],
)
def test_lags_and_splits_by_date_are_forecasting(tmp_path, code):
    poc = read_poc(folders.write(tmp_path, {"train.py": READ + code}))
    assert (poc.kind.value, poc.target.value) == ("time series forecasting", "load")


@pytest.mark.parametrize(
    "code",
    [
        INDEX + HOUR + PLAIN,
        "df['When'] = pd.to_datetime(df['When'])\ndf['hour'] = df['When'].dt.hour\n" + PLAIN,
        "df['When'] = pd.to_datetime(df['When'])\ndf = df[df['When'] > '2015-01-01']\n" + PLAIN,
        "df['When'] = pd.to_datetime(df['When'])\ndf['x'] = df['other'].shift(1)\n" + PLAIN,
        "df = df[df.index < 100]\ndf['x'] = df['load'].shift(1)\n" + PLAIN,
    ],
)
def test_a_date_in_a_regression_is_none(tmp_path, code):
    poc = read_poc(folders.write(tmp_path, {"train.py": READ + code}))
    assert poc.kind.value == "regression"
