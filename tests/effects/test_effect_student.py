"""Student's t, beside scipy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from causeway.stats.effects.student import (
    normal_of_student,
    student_of_normal,
    student_quantile,
    student_sf,
)


@settings(max_examples=40, deadline=None)
@given(st.floats(-40, 40), st.floats(1, 1e5))
def test_chances_are_those_of_scipy(t, freedom):
    assert student_sf(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-7, abs=1e-14)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 0.999), st.floats(1, 1e5))
def test_quantiles_are_those_of_scipy(share, freedom):
    assert student_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-7, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.floats(-6, 6), st.floats(5, 1000))
def test_the_closed_form_is_near_and_goes_back(z, freedom):
    t = float(student_of_normal(np.array(z), np.array(freedom)))
    assert float(normal_of_student(np.array(t), np.array(freedom))) == pytest.approx(z, abs=1e-9)
    if abs(z) < 3:
        assert stats.t.sf(abs(t), freedom) == pytest.approx(stats.norm.sf(abs(z)), rel=0.09)
