"""Real processes: several writers, a kill in the middle of a write, every way in which the outside fails."""

import math
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from causeway.core.errors import Conflict, Defect, NotFound, OutsideError, UsageError
from causeway.core.events import ReleaseAttached, RunFinished, RunStarted
from causeway.ledger import BrokenLedger, open_ledger, sqlite, verify
from causeway.testing import raised_by

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STARTED = RunStarted(run="r1", inputs="sha256:1")
NO_NUMBER = ReleaseAttached(
    source="here", model="sha256:1", flavour="sklearn", run="", version="", claimed={"auc": math.nan}
)

WRITER = """
import sys
from datetime import UTC, datetime
from causeway.core.events import RunStarted
from causeway.ledger import open_ledger
url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
ledger = open_ledger(url)
print("open", flush=True)
sys.stdin.readline()
for number in range(count):
    facts = [RunStarted(run=f"{name}-{number}-{part}", inputs="") for part in range(3)]
    ledger.append("churn", facts, actor="a-1", at=datetime.now(UTC))
    print(number, flush=True)
"""


def writer(url: str, name: str, count: int) -> subprocess.Popen:
    started = [sys.executable, "-c", WRITER, url, name, str(count)]
    return subprocess.Popen(started, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_two_processes_that_write_at_once_lose_nothing(url):
    writers = [writer(url, name, 40) for name in ("one", "two")]
    for process in writers:
        assert process.stdout.readline() == "open\n"
    for process in writers:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in writers:
        process.communicate()
        assert process.returncode == 0
    ledger = open_ledger(url)
    runs = [event.fact.run for event in ledger.read("churn")]
    for name in ("one", "two"):
        assert [run for run in runs if run.startswith(name)] == [
            f"{name}-{number}-{part}" for number in range(40) for part in range(3)
        ]
    assert verify(ledger, keys={}).ok
    ledger.close()


@pytest.mark.parametrize("patience", [0, 1, 5, 12])
def test_a_writer_killed_in_the_middle_leaves_whole_appends_only(url, patience):
    with writer(url, "killed", 100_000) as process:
        process.stdin.write("go\n")
        process.stdin.flush()
        said = [process.stdout.readline() for _ in range(patience + 1)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    ledger = open_ledger(url)
    # what was said to be written is there; the one in flight may be, whole
    kept = ledger.head("churn").seq
    confirmed = len([line for line in said if line.strip().isdigit()])
    assert kept % 3 == 0
    assert confirmed * 3 <= kept <= (confirmed + 1) * 3
    assert verify(ledger, keys={}).ok
    ledger.append("churn", [STARTED], actor="a-1", at=NOON)
    ledger.close()


def test_many_who_open_at_once_make_one_schema(url):
    with ThreadPoolExecutor(8) as pool:
        ledgers = list(pool.map(lambda _: open_ledger(url), range(8)))
    for ledger in ledgers:
        ledger.append("churn", [STARTED], actor="a-1", at=NOON)
    assert ledgers[0].head("churn").seq == 8
    for ledger in ledgers:
        ledger.close()


def test_threads_share_one_ledger(ledger):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ledger.append("churn", [STARTED], actor="a", at=NOON), range(40)))
    assert [event.body.seq for event in ledger.read("churn")] == list(range(1, 41))


def test_only_one_of_many_processes_gets_a_lease(url):
    ledgers = [open_ledger(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        won = list(
            pool.map(
                lambda pair: pair[1].acquire("run", f"p{pair[0]}", now=NOON, seconds=9), enumerate(ledgers)
            )
        )
    assert sum(won) == 1
    for ledger in ledgers:
        ledger.close()


def test_an_append_that_fails_midway_writes_nothing(url):
    ledger = open_ledger(url)
    ledger.append("churn", [STARTED], actor="a-1", at=NOON)
    with pytest.raises(TypeError):
        ledger.append("churn", [STARTED, object()], actor="a-1", at=NOON)
    # what no reader would take can be neither read nor taken back once it is written
    for unreadable in ("no fact", NO_NUMBER):
        with pytest.raises(Defect, match="could not be read again"):
            ledger.append("churn", [STARTED, unreadable], actor="a-1", at=NOON)
    assert isinstance(
        raised_by(lambda: ledger.append("churn", [STARTED], actor="a", at=NOON, expected=9)), Conflict
    )
    assert ledger.head("churn").seq == 1
    ledger.append("churn", [STARTED], actor="a-1", at=NOON)
    ledger.close()


def filled(path: Path, count: int = 300) -> None:
    ledger = open_ledger(path)
    ledger.append("churn", [STARTED] * count, actor="a-1", at=NOON)
    ledger.close()


def test_a_full_disk_is_one_clear_error_and_writes_nothing(tmp_path):
    path = tmp_path / "ledger.db"
    filled(path, 10)
    ledger = open_ledger(path)
    pages = ledger.database._connection.execute("PRAGMA page_count").fetchone()[0]
    ledger.database._connection.execute(f"PRAGMA max_page_count = {pages}")
    error = raised_by(lambda: ledger.append("churn", [STARTED] * 500, actor="a-1", at=NOON))
    assert (type(error), error.exit_code, error.message) == (OutsideError, 3, "the disk is full")
    assert "nothing was written" in error.hint
    assert ledger.head("churn").seq == 10
    assert verify(ledger, keys={}).ok
    ledger.close()


LIMITED = """
import resource, signal, sys
from datetime import UTC, datetime
from causeway.core.errors import OutsideError
from causeway.core.events import RunStarted
from causeway.ledger import open_ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    ledger = open_ledger(sys.argv[1])
    ledger.append("churn", [RunStarted(run="r", inputs="")] * 2000, actor="a", at=datetime.now(UTC))
except OutsideError as error:
    print(error.message)
"""


@pytest.mark.parametrize("size", [4096, 100_000])
def test_a_file_that_cannot_grow_is_one_clear_error(tmp_path, size):
    path = tmp_path / "ledger.db"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), str(size)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "the disk failed, or is full\n"
    assert list(tmp_path.glob(".*")) == []
    ledger = open_ledger(path)
    assert ledger.products() == []
    ledger.close()


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def overwritten(path: Path) -> None:
    path.write_bytes(b"this was a ledger" * 1000)


def garbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5000:-5000] = bytes(len(content) - 10_000)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [cut_in_half, cut_to_nothing, overwritten, garbled])
def test_a_damaged_file_is_one_clear_error(tmp_path, damage):
    path = tmp_path / "ledger.db"
    filled(path)
    damage(path)
    damaged = path.read_bytes()

    def use() -> None:
        ledger = open_ledger(path)
        try:
            ledger.read("churn")
        finally:
            ledger.close()

    error = raised_by(use)
    assert (type(error), error.exit_code) == (BrokenLedger, 3)
    assert (error.where, "causeway restore" in error.hint) == (str(path), True)
    assert path.read_bytes() == damaged


def test_a_log_without_its_file_is_not_taken_for_a_new_ledger(tmp_path):
    (tmp_path / "ledger.db-wal").write_bytes(b"log")
    error = raised_by(lambda: open_ledger(tmp_path / "ledger.db"))
    assert isinstance(error, BrokenLedger)
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db-wal"]


def test_another_programs_database_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (id)")
    connection.close()
    assert "no ledger of Causeway" in raised_by(lambda: open_ledger(path)).message


def test_a_ledger_of_a_later_format_is_left_alone(tmp_path):
    path = tmp_path / "ledger.db"
    filled(path, 1)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert raised_by(lambda: open_ledger(path)).hint == "upgrade Causeway"


def test_a_python_with_an_old_sqlite_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "OLDEST_SQLITE", (99, 0))
    assert "too old" in raised_by(lambda: open_ledger(tmp_path / "ledger.db")).message


@pytest.mark.parametrize("place", ["missing/ledger.db", "file/ledger.db", "/proc/ledger.db"])
def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path, place):
    (tmp_path / "file").touch()
    error = raised_by(lambda: open_ledger(tmp_path / place))
    assert (error.exit_code, error.where) == (3, str(tmp_path / place))


def test_who_only_reads_while_others_write_is_never_told_of_damage(tmp_path):
    path = tmp_path / "ledger.db"
    fact = RunFinished(run="r", status="failed", reason="x" * 6000)
    with closing(open_ledger(path)) as ledger:
        for product in ("churn", "house"):
            ledger.append(product, [fact] * 500, actor="a-1", at=NOON)
    with closing(open_ledger(path, only_read=True)) as reader:
        assert len(reader.read("churn")) == 500
        with closing(open_ledger(path)) as ledger:
            for product in ("boat", "churn", "house"):
                ledger.append(product, [fact] * 300, actor="a-1", at=NOON)
        assert [head.seq for head in reader.heads()] == [300, 800, 800]
        assert len(reader.rows()) == 1900


def test_who_only_reads_makes_no_ledger(tmp_path):
    with pytest.raises(NotFound, match="there is no ledger"):
        open_ledger(tmp_path / "ledger.db", only_read=True)
    (tmp_path / "ledger.db-wal").write_bytes(b"log")
    with pytest.raises(BrokenLedger, match="its log is there"):
        open_ledger(tmp_path / "ledger.db", only_read=True)
    (tmp_path / "ledger.db").touch()
    with pytest.raises(BrokenLedger, match="cut to nothing"):
        open_ledger(tmp_path / "ledger.db", only_read=True)


def test_an_event_that_cannot_be_read_names_the_remedy(tmp_path):
    path = tmp_path / "ledger.db"
    filled(path, 2)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE events SET text = CAST(X'7bff' AS TEXT) WHERE seq = 2")
    connection.close()
    ledger = open_ledger(path)
    assert "causeway verify" in raised_by(lambda: ledger.read("churn")).hint
    bad = verify(ledger, keys={}).bad
    assert (bad.product, bad.seq, bad.what) == ("churn", 2, "changed")
    ledger.close()


def test_an_erased_name_is_in_no_file(tmp_path):
    ledger = open_ledger(tmp_path / "ledger.db")
    actor = ledger.actor_for("Xaverius Quint", "xq@example.org")
    assert ledger.erase(actor)
    ledger.append("churn", [RunFinished(run="r", status="made")], actor=actor, at=NOON)
    assert not [path for path in tmp_path.iterdir() if b"Xaverius" in path.read_bytes()]
    ledger.close()


def test_a_name_that_a_reader_keeps_in_the_log_is_told_of_until_it_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "SCRUB_MILLISECONDS", 1)
    ledger = open_ledger(tmp_path / "ledger.db")
    actor = ledger.actor_for("Xaverius Quint", "xq@example.org")
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM actors").fetchall()
        refusal = raised_by(lambda: ledger.erase(actor))
    assert (type(refusal), "run it again" in refusal.hint) == (OutsideError, True)
    assert ledger.resolve(actor) is None
    assert not ledger.erase(actor)
    assert not [path for path in tmp_path.iterdir() if b"Xaverius" in path.read_bytes()]
    ledger.close()


@pytest.mark.parametrize("url", ["mysql://here/db", "ftp://x"])
def test_an_address_of_another_kind_is_refused(url):
    assert isinstance(raised_by(lambda: open_ledger(url)), UsageError)


def test_a_url_of_a_path_is_the_path(tmp_path):
    open_ledger(f"sqlite://{tmp_path}/ledger.db").close()
    assert (tmp_path / "ledger.db").exists()


def test_no_server_is_one_clear_error_without_the_password():
    error = raised_by(lambda: open_ledger("postgresql://ana:secret@127.0.0.1:1/none"))
    assert (type(error), error.exit_code) == (OutsideError, 3)
    assert error.where == "postgresql://ana@127.0.0.1:1/none"
    assert "secret" not in error.message


@pytest.mark.integration
def test_a_lost_connection_is_told_once_and_then_made_anew(postgres_url):
    ledger = open_ledger(postgres_url)
    ledger.append("churn", [STARTED], actor="a-1", at=NOON)
    other = open_ledger(postgres_url)
    other.database.query("SELECT pg_terminate_backend(?)", (ledger.database._connection.info.backend_pid,))
    assert "does not answer" in raised_by(lambda: ledger.read("churn")).message
    assert len(ledger.read("churn")) == 1
    ledger.close()
    other.close()
