"""Windows are judged on as many folds as there can be, and never by a model that had a part in them."""

import pytest
from looping import LightTrainer, light, product, traffic

from causeway.actions.loop.ports import Ports
from causeway.actions.retrain import retrain
from causeway.core.errors import Refused


class OfMany(LightTrainer):
    """Refuses tables of fewer rows than it needs."""

    def __init__(self, weight, least):
        super().__init__(weight)
        self.least = least

    def train(self, work, folder, given, *, tried):
        if given.rows < self.least:
            raise Refused("too few rows to fit on")
        return super().train(work, folder, given, tried=tried)


@pytest.mark.parametrize(
    ("least", "said", "trained"),
    [
        # as of the two earlier moments every window holds its own rows, and they are all tried
        (0, "in 3 back-tests, on 180 rows", 6),
        # the oldest holds fewer rows than can be trained on
        (190, "in 2 back-tests, on 120 rows", 4),
        # one window cannot be trained at all: nothing is left to compare
        (210, "on the 60 rows after it", 1),
    ],
)
def test_as_many_folds_as_every_window_can_be_trained_for(folder, tmp_path, least, said, trained):
    product(folder)
    traffic(folder, tmp_path, rows=400, days=40)
    trainer = OfMany(0.02, least)
    done = retrain(folder, ports=Ports(trainer, light(0.0).judge))
    assert said in next(each for each in done.states if each.startswith("windows: "))
    assert sum(tried for _, tried in trainer.given) == trained
    # what judges a fold is in none of its tables: rows are named by their order
    newest = [max(int(line.split(",")[0][3:]) for line in table.splitlines()[3:]) for table in trainer.tables]
    assert newest == [*(279, 279, 219, 219, 159, 159)[:trained], 339]
