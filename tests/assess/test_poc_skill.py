"""Accuracy below the commonest class is no lack of skill where the rare classes are found."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

HEAD = """              precision    recall  f1-score   support

"""
REPORT = (
    HEAD
    + """        Stay       0.91      {0}      0.84       247
       Leave       0.35      {1}      0.44        47

    accuracy                           {2}       294
   macro avg       0.63      0.70      0.64       294
weighted avg       0.82      0.75      0.78       294

"""
)
CODE = folders.TRAIN + (
    "from sklearn.metrics import classification_report\n"
    "for one in [model]:\n    print(classification_report(y_test, one.predict(X_test)))\n"
)


def found(tmp_path, printed, code=CODE):
    book = folders.notebook(code, outputs={1: folders.printed(printed)})
    poc = read_poc(folders.write(tmp_path, {"train.ipynb": book, "people.csv": folders.people()}))
    return poc, {finding.code: finding for finding in judge(poc)}


def test_every_report_of_a_loop_is_read(tmp_path):
    printed = REPORT.format("0.78", "0.20", "0.69") + REPORT.format("0.94", "0.21", "0.83")
    poc, _ = found(tmp_path, printed)
    assert [(c.value, round(c.majority, 2), round(c.balanced, 2)) for c in poc.claims] == [
        (0.69, 0.84, 0.49),
        (0.83, 0.84, 0.57),
    ]


@pytest.mark.parametrize(
    ("reports", "due"),
    [
        ([("0.78", "0.62", "0.75")], False),
        ([("0.90", "0.10", "0.77")], True),
        ([("0.90", "0.10", "0.77"), ("0.94", "0.21", "0.83")], False),
    ],
)
def test_recall_of_the_rare_class_counts(tmp_path, reports, due):
    _, said = found(tmp_path, "".join(REPORT.format(*one) for one in reports))
    assert ("NO-SKILL" in said) is due


@pytest.mark.parametrize(
    ("option", "due"), [("class_weight='balanced'", False), ("class_weight=None", True), ("C=2", True)]
)
def test_weights_trade_accuracy_for_recall(tmp_path, option, due):
    code = CODE.replace("LogisticRegression()", f"LogisticRegression({option})")
    code = code.replace("classification_report", "accuracy_score").replace(
        "print(model.score(X_test, y_test))\n", ""
    )
    _, said = found(tmp_path, "0.7012\n", code)
    assert ("NO-SKILL" in said) is due
