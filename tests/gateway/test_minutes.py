"""What the gateway answered stands in a file by the minute, so that somebody else can watch it."""

import msgspec
from bundle_made import write_bundle
from gateway_process import route, running

from causeway.core.minutes import Minute

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}


def test_answers_and_refusals_are_kept_also_of_the_last_minute(tmp_path, signing):
    with running(
        tmp_path / "live", route("churn", write_bundle(tmp_path, signing), signing=signing)
    ) as gateway:
        asked = [gateway.invoke(row).status for row in (ROW, ROW, ROW | {"visits": "many"})]
        gateway.process.terminate()
        gateway.process.wait(20)
        folder = gateway.records_folder / "churn"
    (file,) = folder.glob("*.minutes")
    minutes = [msgspec.json.decode(line, type=Minute) for line in file.read_bytes().splitlines()]
    assert asked == [200, 200, 422]
    assert (minutes[-1].codes, minutes[-1].reasons) == ({"200": 2, "422": 1}, {"invalid_input": 1})
    assert 0 < sum(minute.cpu_us for minute in minutes) < 60e6
    assert 0 < minutes[-1].until_ns - minutes[0].since_ns < 60e9
    assert not file.stat().st_mode & 0o077
