"""Two profiles of texts, by their frequent ones or, where they are many, by groups of them."""

import math

import numpy as np
from msgspec import Struct

from causeway.stats.chances import poisson_sf
from causeway.stats.drift_shares import Floats, Share, homogeneity, only_seen
from causeway.stats.profile import groups_of
from causeway.stats.profile_form import TextProfile

NAMED = 20


class Moved(Struct, frozen=True):
    """The share of one text before and now."""

    name: str
    before: float
    now: float


class Apart(Struct, frozen=True):
    """Two tables of counts and how far they are apart."""

    reference: Floats
    seen: Floats
    effect: float
    p: float


def compared(reference: TextProfile, seen: TextProfile) -> Apart | None:
    """How far the shares of texts are apart; of more texts than are counted, the shares of their groups.

    None where neither is known, as in a profile that an earlier version made.
    """
    if reference.slack or seen.slack:
        sides = [np.array(groups_of(each), np.float64) for each in (reference, seen)]
        if not all(map(len, sides)):
            return None
        return _apart(*sides, chance=homogeneity(*sides))
    before, now = _counts(reference, seen)
    named = np.argsort(-before, kind="stable")[:NAMED]
    top = [np.r_[each[named], each.sum() - each[named].sum()] for each in (before, now)]
    return _apart(*top, chance=homogeneity(before, now))


def unheard_of(reference: TextProfile, seen: TextProfile) -> Share:
    """The rows whose text the reference never saw; nothing is said where it had more than are counted.

    Chance alone brings as many as rows of the reference are alone in theirs (Good, 1953); one text so often
    only where shuffled rows would.
    """
    if reference.slack:
        return Share(0.0, 0.0, 1.0)
    new = [count for name, count in seen.counts.items() if name not in reference.counts]
    if not new:
        return Share(0.0, 0.0, 1.0)
    alone = sum(count == 1 for count in reference.counts.values())
    usual = alone / reference.count
    many = poisson_sf(len(new), seen.count * (alone + 1) / (reference.count + 1))
    often = len(seen.counts) * only_seen(max(new), reference, seen)
    return Share(sum(new) / seen.count, min(usual, sum(new) / seen.count), min(1.0, 2 * min(many, often)))


def moved_most(reference: TextProfile, seen: TextProfile) -> tuple[Moved, ...]:
    """The three texts whose shares changed most, as far as they are counted."""
    before, now = _counts(reference, seen)
    shares = before / reference.count, now / seen.count
    names: list[str] = list({**reference.counts, **seen.counts})
    most: list[int] = np.argsort(-np.abs(shares[1] - shares[0]), kind="stable")[:3].tolist()
    found = [Moved(names[place], float(shares[0][place]), float(shares[1][place])) for place in most]
    return tuple(each for each in found if each.now != each.before)


def _counts(reference: TextProfile, seen: TextProfile) -> tuple[Floats, Floats]:
    names = {**reference.counts, **seen.counts}
    before = np.array([reference.counts.get(name, 0) for name in names], np.float64)
    now = np.array([seen.counts.get(name, 0) for name in names], np.float64)
    return before, now


def _apart(before: Floats, now: Floats, *, chance: float) -> Apart:
    n, m = before.sum(), now.sum()
    p, q, pooled = before / n, now / m, (before + now) / (n + m)
    plain = float(np.abs(p - q).sum()) / 2
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    far = np.where(error > 0, (p - q) / np.where(error > 0, error, 1.0), 0.0)
    # as much as chance adds on average where nothing changed, and nothing where much did
    by_chance = float((error * np.exp(-(far**2) / 2)).sum()) / math.sqrt(math.pi)
    return Apart(before, now, effect=max(0.0, plain - by_chance), p=chance)
