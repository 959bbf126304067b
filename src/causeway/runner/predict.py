"""Applies a captured model to a matrix, in its own environment: `python predict.py request.json`."""

from causeway_runner.request import answer


def predict(request):
    """The model's own answers: a label a row, and the probability of each class where it gives them."""
    from causeway_runner import models
    from causeway_runner.answers import label_column, write_probabilities
    from causeway_runner.columns import Store, read_matrix

    model = models.load(request)
    rows = read_matrix(request["scratch"], models.form_of(request["matrix"], model))
    store = Store(request["out"], request["limit_bytes"])
    labels = label_column(model.predict(rows))
    described = store.column("label", labels)[0]
    store.buffer.close()
    result = {"labels": described, "probabilities": "", "classes": models.classes_of(model)}
    if hasattr(model, "predict_proba"):
        result["probabilities"] = write_probabilities(request["out"], model.predict_proba(rows))
    return result


if __name__ == "__main__":
    answer(predict)
