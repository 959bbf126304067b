"""A scikit-learn model behind BentoML, as its documentation shows."""

import os

import bentoml
import joblib
import numpy as np


@bentoml.service
class Model:
    """Loads the model of the environment, and answers with its probabilities."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL"])

    @bentoml.api
    def predict(self, rows: list[list[float]]) -> dict[str, list]:
        """Probabilities, one list a row."""
        return {"probabilities": self.model.predict_proba(np.array(rows)).tolist()}
