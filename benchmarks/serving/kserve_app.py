"""A scikit-learn model behind KServe's own server, as its documentation shows."""

import os

import joblib
import kserve
import numpy as np
from kserve import InferOutput, InferRequest, InferResponse


class Model(kserve.Model):
    """Loads the model of the environment, and answers with its probabilities."""

    def load(self) -> bool:
        """Opens the model."""
        self.model = joblib.load(os.environ["MODEL"])
        self.ready = True
        return True

    def predict(self, asked: InferRequest, headers: dict | None = None) -> InferResponse:  # noqa: ARG002 - KServe's
        """Probabilities, one list a row."""
        answers = self.model.predict_proba(asked.inputs[0].as_numpy()).astype(np.float64)
        output = InferOutput("probability", list(answers.shape), "FP64", answers.ravel().tolist())
        return InferResponse(asked.id or "1", self.name, [output])


if __name__ == "__main__":
    import argparse

    arguments, _ = argparse.ArgumentParser(parents=[kserve.model_server.parser]).parse_known_args()
    model = Model("m")
    model.load()
    kserve.ModelServer(http_port=arguments.http_port, enable_grpc=False, enable_docs_url=False).start([model])
