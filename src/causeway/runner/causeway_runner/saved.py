"""Opens saved models, whatever saved them."""

import pickle


def load(path, form):
    """What the file holds; raises what the library raised."""
    for word, opened in READERS:
        if word in form.lower():
            return opened(path)
    return pickled(path)


def lightgbm(path):
    """A LightGBM booster."""
    from lightgbm import Booster

    return Booster(model_file=path)


def skops(path):
    """What skops saved, its types trusted: this process has nothing to lose."""
    from skops import io

    return io.load(path, trusted=io.get_untrusted_types(file=path))


def pickled(path):
    """By joblib, which reads plain pickles too, then by the others that are there."""
    first = None
    for name in ("joblib", "pickle", "cloudpickle", "dill"):
        try:
            module = __import__(name)
        except ImportError:
            continue
        try:
            if name == "joblib":
                return module.load(path)
            with open(path, "rb") as stream:
                return module.load(stream)
        except Exception as error:
            first = first if first is not None and not isinstance(error, pickle.UnpicklingError) else error
    raise first


def keras(path):
    """A Keras model, by whichever Keras is there."""
    try:
        from keras.models import load_model
    except ImportError:
        from tensorflow.keras.models import load_model
    return load_model(path)


def torch(path):
    """What PyTorch saved: a module, or only weights."""
    import torch as library

    return library.load(path, map_location="cpu", weights_only=False)


def booster(path):
    """An XGBoost model as its own class of models, else as a bare booster."""
    import xgboost

    for kind in (xgboost.XGBClassifier, xgboost.XGBRegressor):
        try:
            model = kind()
            model.load_model(path)
        except (TypeError, ValueError, AttributeError, xgboost.core.XGBoostError):
            continue
        return model
    model = xgboost.Booster()
    model.load_model(path)
    return model


class Session:
    """An ONNX model that answers like the others."""

    def __init__(self, path):
        import onnxruntime

        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        shape = self.session.get_inputs()[0].shape
        self.n_features_in_ = shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None

    def predict(self, rows):
        """The first output for these rows."""
        import numpy as np

        return self.session.run(None, {self.session.get_inputs()[0].name: np.asarray(rows, np.float32)})[0]


READERS = (
    ("keras", keras),
    ("hdf5", keras),
    ("torch", torch),
    ("onnx", Session),
    ("xgboost", booster),
    ("lightgbm", lightgbm),
    ("skops", skops),
)


def predictors(held):
    """The models in what was saved: itself, or what a dict, list or tuple holds."""
    if hasattr(held, "predict"):
        return [held]
    parts = held.values() if isinstance(held, dict) else held if isinstance(held, (list, tuple)) else []
    return [one for one in parts if hasattr(one, "predict") and not isinstance(one, type)][:3]
