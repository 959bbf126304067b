import os

from causeway.actions.trial.place import MOST_KEPT, forget_killed, forget_unused

NOW = 1_800_000_000.0
DAY = 86_400.0


def kept(folder, **days):
    for name, old in days.items():
        (folder / name).mkdir()
        lock = folder / f"{name}.lock"
        lock.touch()
        os.utime(lock, (NOW - old * DAY, NOW - old * DAY))


def test_environments_that_nobody_used_go_and_the_last_few_stay(tmp_path):
    kept(tmp_path, fresh=0.1, ancient=20, **{f"day{n}": 2 + n / 10 for n in range(MOST_KEPT + 2)})

    forget_unused(tmp_path, now=NOW)

    there = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert there == {"fresh", *(f"day{n}" for n in range(MOST_KEPT - 1))}
    assert {path.stem for path in tmp_path.glob("*.lock")} == there


def test_what_was_used_today_stays_however_many_there_are(tmp_path):
    kept(tmp_path, **{f"e{n}": 0.5 for n in range(20)})
    forget_unused(tmp_path, now=NOW)
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 20


def test_nothing_kept_yet_is_nothing_to_forget(tmp_path):
    forget_unused(tmp_path / "nowhere", now=NOW)


def test_what_a_killed_trial_left_goes_and_what_runs_stays(tmp_path):
    for name, old in (("try-killed", 2), ("try-runs", 0.2)):
        (tmp_path / name / "work").mkdir(parents=True)
        os.utime(tmp_path / name, (NOW - old * DAY, NOW - old * DAY))
    forget_killed(tmp_path, now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["try-runs"]
