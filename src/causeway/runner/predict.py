"""Applies a captured model to a matrix, in its own environment: `python predict.py request.json`."""

from causeway_runner.request import answer, said


def predict(request):
    """The model's own answers: a label a row, and the probability of each class where it gives them.

    Where the request is `lenient`, rows that it takes are answered and the places of the others told.
    """
    from causeway_runner import models
    from causeway_runner.answers import label_column, write_probabilities
    from causeway_runner.columns import Store, read_matrix

    model = models.load(request)
    rows = read_matrix(request["scratch"], models.form_of(request["matrix"], model))
    refused = refusals(model, rows) if request.get("lenient") else {}
    if refused:
        rows = taken(rows, [row for row in range(len(rows)) if row not in refused])
    store = Store(request["out"], request["limit_bytes"])
    labels = label_column(model.predict(rows) if len(rows) else [])
    described = store.column("label", labels)[0]
    store.buffer.close()
    result = {"labels": described, "probabilities": "", "classes": models.classes_of(model)}
    if hasattr(model, "predict_proba") and len(rows):
        result["probabilities"] = write_probabilities(request["out"], model.predict_proba(rows))
    result["refused"] = sorted(refused)
    result["why"] = next(iter(refused.values()), "")
    return result


def refusals(model, rows):
    """The places of the rows that the model does not take, and why."""
    found, todo = {}, [(0, len(rows))]
    while todo:
        low, high = todo.pop()
        try:
            model.predict(taken(rows, list(range(low, high))))
        except Exception as error:
            if high - low == 1:
                found[low] = said(error)
            else:
                middle = (low + high) // 2
                todo += [(low, middle), (middle, high)]
    return found


def taken(rows, places):
    """These rows of a frame, Series or array."""
    return rows.iloc[places] if hasattr(rows, "iloc") else rows[places]


if __name__ == "__main__":
    answer(predict)
