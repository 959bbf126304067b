"""R: notebooks, formulas, families, and the files that its calls name."""

import json

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc


def notebook(*cells, version="4.2.1"):
    made = [{"cell_type": "code", "execution_count": n, "outputs": [], "metadata": {}, "source": cell}
            for n, cell in enumerate(cells, start=1)]  # fmt: skip
    info = {"name": "R", "version": version}
    return json.dumps({"cells": made, "metadata": {"kernelspec": {"language": "R"}, "language_info": info}})


READ = 'library(caret)\nd <- read.csv("claims.csv")\n'


def said(tmp_path, files):
    poc = read_poc(folders.write(tmp_path, files))
    return poc, sentence(poc), {item.code: item for item in judge(poc)}


def test_a_notebook_with_the_kernel_of_r_is_read(tmp_path):
    cells = (READ, "# a note's apostrophe\n\nm <- glm(Paid ~ ., data = d,\n  family = binomial())")
    poc, words, findings = said(tmp_path, {"fit.ipynb": notebook(*cells)})
    assert (poc.kind.value, poc.target.value) == ("binary classification", "Paid")
    assert "claims.csv, which is not in the folder, logistic regression in R, trained by fit.ipynb" in words
    assert str(poc.train.at) == "fit.ipynb cell 2 line 3"
    assert "4.2.1" in findings["PYTHON-UNSTATED"].title
    assert findings["FILE-MISSING"].evidence[0].cell == 1
    assert [source.path for source in poc.sources] == ["fit.ipynb"]


@pytest.mark.parametrize(
    ("fit", "kind", "target"),
    [
        ("glm(paid ~ age, d, family = 'binomial')", "binary classification", "paid"),
        ("glm(paid ~ age, family = binomial(link = 'logit'), data = d)", "binary classification", "paid"),
        ("glm(visits ~ age, data = d, family = poisson)", "regression", "visits"),
        ("glm(cost ~ age, data = d)", "regression", "cost"),
        ("glm(cost ~ age, data = d, family = chosen)", "", "cost"),
        ("lm(log(cost) ~ age + area, d)", "regression", "cost"),
        (
            "train(as.factor(paid) ~ ., data = d, method = 'rf', metric = 'ROC')",
            "binary classification",
            "paid",
        ),
        ("train(x = d[, 1:3], y = d$paid, method = 'knn', metric = 'Accuracy')", "classification", "paid"),
        ("cv.glmnet(x, d$paid, family = 'binomial')", "binary classification", "paid"),
        ("rpart(`was paid` ~ ., d, method = 'class')", "classification", "was paid"),
        ("multinom(sort ~ ., data = d)", "multiclass classification", "sort"),
        ("xgboost(data = m, label = d$paid, objective = 'binary:logistic')", "binary classification", "paid"),
        ("ranger(sort ~ ., d)\nroc_auc(predictions, truth)", "classification", "sort"),
        ("ranger(cost ~ ., d)\nprediction(d)\nRMSE(a, b)", "regression", "cost"),
        ("ranger(cost ~ ., d)\nprediction(d)", "", "cost"),
        (
            "logistic_reg() %>% set_mode('classification') %>% fit(paid ~ ., data = d)",
            "classification",
            "paid",
        ),
        ("aggregate(cost ~ area, d, mean)", "", ""),
        ("kmeans(d, 3)", "clustering", ""),
        ("auto.arima(sales)", "time series forecasting", ""),
    ],
)
def test_what_an_r_fit_is_for(tmp_path, fit, kind, target):
    poc, _, _ = said(tmp_path, {"fit.R": f"{READ}m <- {fit}\n"})
    assert (poc.kind.value, poc.target.value) == (kind, target)


def test_a_formula_and_data_are_followed_through_names(tmp_path):
    code = """other <- read.csv("other.csv")
d <- read.csv("claims.csv") %>%
  na.omit()
train_rows <- d[1:100, ]
train_rows[train_rows == 9] <- 0
f <- as.formula("paid ~ age")
m <- glm(f, data = train_rows, family = "binomial")
"""
    poc, _, _ = said(tmp_path, {"fit.R": code})
    assert (poc.target.value, poc.training_data.candidates) == ("paid", ("claims.csv",))


def test_calls_that_only_look_like_fits_are_none(tmp_path):
    code = (
        '# glm(a ~ b)\nfit <- fit(model, rows)\nsvm("a")\ntrain(1)\nplot(y ~ x)\nboxplot(y ~ x, data = d)\n'
    )
    poc, _, _ = said(tmp_path, {"plots.R": code})
    assert not poc.trainings


def test_places_of_one_machine_and_absent_files_are_told(tmp_path):
    code = (
        r'd <- read.csv("C:\\Users\\me\\claims.csv", header = TRUE)' + "\n"
        'e <- readRDS(file = "extra.rds")\nsaveRDS(e, "kept.rds")\nf <- readRDS("kept.rds")\n'
        'g <- read.csv("https://example.org/a.csv")\nh <- read.csv(paste0("a", ".csv"))\n'
        "m <- lm(y ~ x, d)\n"
    )
    poc, _, findings = said(tmp_path, {"fit.R": code})
    assert [s.value for s in poc.seen("absolute_path")] == [r"C:\Users\me\claims.csv"]
    assert [s.value for s in poc.seen("missing_file")] == ["extra.rds"]
    assert findings["ABS-PATH"].evidence[0].line == 1


def test_prose_of_a_document_is_no_code(tmp_path):
    text = "Here's how glm(paid ~ age) works.\n\n```{r}\nm <- lm(cost ~ age, d)\n```\n\nglm(paid ~ x)\n"
    poc, _, _ = said(tmp_path, {"a.Rmd": text})
    assert [item.target for item in poc.trainings] == ["cost"]
    assert poc.trainings[0].at.line == 4


@pytest.mark.parametrize(
    ("before", "leaks"),
    [
        ("d$cost <- scale(d$cost)", True),
        ("d$cost <- as.numeric(scale(d$cost))", True),
        ("e$cost <- scale(e$cost)", False),
        ("d$cost <- scale(e$cost)", False),
    ],
)
def test_a_column_scaled_before_the_split(tmp_path, before, leaks):
    split = "rows <- createDataPartition(d$paid, p = 0.8)\n"
    code = f"{READ}{before}\n{split}m <- glm(paid ~ ., d, family = binomial)\n"
    _, _, findings = said(tmp_path, {"fit.R": code})
    assert ("LEAK-SPLIT" in findings) is leaks
    after = (
        READ + "rows <- createDataPartition(d$paid, p = 0.8)\nd$cost <- scale(d$cost)\nm <- lm(paid ~ ., d)\n"
    )
    assert "LEAK-SPLIT" not in said(tmp_path / "after", {"fit.R": after})[2]
