from causeway.actions.stages.compile import weighed
from causeway.core.errors import Refused
from causeway.core.release import Evaluation

REFUSED = Refused("Pipeline was not compiled: 4 labels differ", where="tickets.csv", hint="another estimator")


def measured(gain_low):
    return Evaluation(
        metric="accuracy",
        value=0.206,
        low=0.195,
        high=0.217,
        baseline=0.204,
        baseline_name="always the commonest answer",
        rows=5082,
        method="5-fold",
        gain_low=gain_low,
        gain_high=0.02,
    )


def test_a_model_that_does_not_convert_is_told_first_that_it_has_no_skill():
    told = weighed(REFUSED, measured(-0.01))

    assert told.message == (
        "the model has no skill: accuracy 0.206 (95 % 0.195 to 0.217) on 5,082 rows held out, where always "
        "the commonest answer gets 0.204; besides, Pipeline was not compiled: 4 labels differ"
    )
    assert (told.where, told.exit_code) == ("tickets.csv", 1)
    assert told.hint.startswith("stop here")


def test_a_model_with_skill_is_told_what_keeps_it_from_converting():
    assert weighed(REFUSED, measured(0.01)) is REFUSED
