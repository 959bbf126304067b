import numpy as np
import pytest

from causeway.stats.planted import planted
from causeway.stats.profile import distance, number_profile, text_profile
from causeway.stats.release_profile import (
    MOST_HELD,
    ReleaseProfile,
    held_answers,
    read_release_profile,
    shares,
    write_release_profile,
)

RNG = np.random.default_rng(4)


def test_a_profile_is_read_as_it_was_written_and_has_one_form():
    truth = RNG.integers(0, 2, 50).astype(float)
    held = held_answers(truth, truth, RNG.random(50), classes=("no", "yes"), one=1)
    made = ReleaseProfile(50, {"in_a": number_profile(RNG.random(50))}, held=held, importance={"a": 1.0})
    content = write_release_profile(made)
    assert read_release_profile(content) == made
    assert write_release_profile(read_release_profile(content)) == content
    assert held.kept.truth.tolist() == truth.tolist()
    with pytest.raises(ValueError, match="incorrect header"):
        read_release_profile(b"spoilt")


def test_of_many_held_out_answers_every_so_many_th_is_kept():
    many = np.arange(2.5 * MOST_HELD)
    held = held_answers(many, many, np.empty(0), classes=(), one=None)
    assert held.rows == len(many)
    assert MOST_HELD / 2 < len(held.kept.answer) <= MOST_HELD
    assert held.kept.answer[:3].tolist() == [0, 3, 6]


def test_shares_sum_to_one_and_nothing_has_none():
    assert shares({"a": 3.0, "b": 1.0}) == {"a": 0.75, "b": 0.25}
    assert shares({"a": 0.0}) == {}


@pytest.mark.parametrize("size", [0.2, 0.5, 1.0])
def test_what_is_planted_into_numbers_moves_them_by_so_much(size):
    reference, seen = (number_profile(RNG.normal(30, 8, 20_000), shift=0.0) for _ in range(2))
    moved = planted(reference, seen, size)
    assert moved.count == seen.count
    assert moved.mean - seen.mean == pytest.approx(8 * size, rel=0.05)
    assert distance(reference, moved) > distance(reference, seen) + 0.2 * size


def test_whole_numbers_stay_whole_and_of_texts_the_commonest_gives():
    whole = number_profile(RNG.integers(0, 12, 5000).astype(float))
    assert set(planted(whole, whole, 0.3).values) <= set(whole.values)
    texts = text_profile(np.array([0] * 60 + [1] * 30 + [2] * 10), ("a", "b", "c"))
    assert planted(texts, texts, 0.5).counts == {"a": 30, "b": 60, "c": 10}
