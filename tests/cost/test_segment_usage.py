import numpy as np

from causeway.assess.cost.usage import added, usage_of
from causeway.core.metering import Usage
from causeway.stats.profile_form import Coded


def coded(*texts):
    names = tuple(dict.fromkeys(text for text in texts if text is not None))
    codes = [names.index(text) if text is not None else -1 for text in texts]
    return Coded(np.array(codes, np.int64), names)


def rows(**more):
    return {
        "at": np.array([1.0, 1.0, 2.0, 3.0]),
        "request": coded("a", "a", "b", "b"),
        "release": coded("r1", "r1", "r1", "r2"),
        "arm": coded("champion", "champion", "champion", "canary"),
        "consumer": coded("crm", "crm", "web", "crm"),
        "latency_us": np.array([500.0, 500.0, 200.0, 300.0]),
        **more,
    }


def test_rows_are_counted_by_release_arm_and_caller():
    assert usage_of(rows()) == (
        Usage("r1", "champion", "crm", requests=1, rows=2, busy_us=500),
        Usage("r1", "champion", "web", requests=1, rows=1, busy_us=200),
        Usage("r2", "canary", "crm", requests=1, rows=1, busy_us=300),
    )


def test_a_request_of_another_time_is_another_one_and_rows_without_name_are_their_own():
    arrays = rows(request=coded(None, None, "b", "b"), release=coded("r1", "r1", "r1", "r1"))
    arrays["arm"] = arrays["consumer"] = coded("x", "x", "x", "x")
    assert [each.requests for each in usage_of(arrays)] == [4]


def test_no_rows_use_nothing():
    assert usage_of({}) == ()
    assert usage_of({"at": np.array([])}) == ()


def test_tokens_are_found_by_the_names_that_providers_give_them():
    arrays = rows(
        in_ContextTokens=np.array([100.0, 50.0, 10.0, np.nan]),
        out_generated_tokens=np.array([5.0, 5.0, 1.0, 2.0]),
        out_cached_tokens=np.array([40.0, 0.0, 20.0, 0.0]),
    )
    first = usage_of(arrays)[0]
    # what was cached is a part of the input there, and no more tokens than there were are new
    assert (first.tokens_in, first.tokens_cached, first.tokens_out) == (110, 40, 10)
    assert usage_of(arrays)[1].tokens_in == 0


def test_counts_add_up_and_come_off():
    once = usage_of(rows())
    twice = added([*once, *once])
    assert [each.rows for each in twice] == [4, 2, 2]
    assert added(twice, less=once) == added(once)
    assert added(once, less=once) == ()
