"""H2O from R: a training by a frame and a column's name, by itself or through a wrapper."""

import pytest

import folders
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

CODE = """library(h2o)
people <- data.table::fread(file.path(data_path, "people.csv"))
people[, left := factor(left)]
train <- as.h2o(people)
outcome <- "left"
{0}
h2o.saveModel(model, path = "kept", force = TRUE)
"""


@pytest.mark.parametrize(
    ("call", "name", "kind"),
    [
        (
            'h2o.gbm(x = names, y = outcome, training_frame = train, distribution = "bernoulli")',
            "H2O boosted trees",
            "binary classification",
        ),
        (
            'h2o.grid("randomForest", y = "left", x = 2:3, training_frame = train)',
            "H2O random forest",
            "multiclass classification",
        ),
        (
            (
                'best_of(algorithm = "gbm", y = outcome, training_frame = train, distribution = "bernoulli",'
                "\n  hyper_params = list(ntrees = c(50, 100)))"
            ),
            "H2O boosted trees",
            "binary classification",
        ),
        (
            'h2o.glm(y = "tenure", training_frame = train, family = "gaussian")',
            "H2O generalised linear model",
            "regression",
        ),
    ],
)
def test_h2o_is_a_training(tmp_path, call, name, kind):
    files = {"model.R": CODE.format(f"model <- {call}"), "people.csv": folders.people()}
    poc = read_poc(folders.write(tmp_path, files))
    (training,) = poc.trainings
    assert (training.estimator, poc.training_data.value) == (name, "people.csv")
    assert poc.target.value == ("tenure" if kind == "regression" else "left")
    assert kind.split()[-1] in poc.kind.value
    assert name in sentence(poc)


def test_a_wrapper_s_own_call_says_nothing(tmp_path):
    poc = read_poc(folders.write(tmp_path, {"best.R": "best_of <- function(...) {\n  h2o.grid(...)\n}\n"}))
    assert poc.trainings == ()
