"""A scikit-learn model behind LitServe, as its documentation shows."""

import os
import sys

import joblib
import litserve
import numpy as np


class Model(litserve.LitAPI):
    """Loads the model of the environment, and answers with its probabilities."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's
        """Opens the model."""
        self.model = joblib.load(os.environ["MODEL"])

    def decode_request(self, request: dict) -> np.ndarray:
        """The rows of a body."""
        return np.array(request["rows"])

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities, one list a row."""
        return self.model.predict_proba(x)

    def encode_response(self, output: np.ndarray) -> dict:
        """The body of an answer."""
        return {"probabilities": output.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Model(), accelerator="cpu")
    server.run(port=int(sys.argv[1]), host="127.0.0.1", generate_client_file=False, log_level="error")
