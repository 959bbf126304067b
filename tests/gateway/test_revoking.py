"""A key that is taken from the routes opens nothing, even while a new release is still being loaded."""

import asyncio
import threading

import pytest
from gateway_process import BEARER, key

from causeway.core.ids import canonical_json
from causeway.core.routes import Route, RouteFile
from causeway.gateway.app import App
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.refusals import Unauthorized
from causeway.gateway.upkeep import watcher

HEADERS = {b"authorization": f"Bearer {BEARER}".encode()}


def write(file, version, keys):
    part = file.with_name("part")
    part.write_bytes(canonical_json(RouteFile(version, (Route("churn", (), keys),))))
    part.replace(file)


def test_a_key_is_revoked_while_bundles_are_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(watcher, "POLL_SECONDS", 0.01)
    file = tmp_path / "routes.json"
    other = key("other", name="key-2")
    write(file, 1, (key(), other))
    loaded = watcher.load
    loading, go_on = threading.Event(), threading.Event()

    def slowly(*given):
        routing = loaded(*given)
        loading.set()
        go_on.wait()
        return routing

    async def story():
        app = App(Recorder(tmp_path / "records", rotate_seconds=10))
        watching = watcher.Watcher(app, file)
        await watching.look()
        app.routing.keyring.caller(HEADERS)
        monkeypatch.setattr(watcher, "load", slowly)
        write(file, 2, (key(), other))
        looking = asyncio.create_task(watching.look())
        await asyncio.to_thread(loading.wait)
        # what is being loaded still has the key
        write(file, 3, (other,))
        await until_refused(app)
        assert app.routing.keyring.caller({b"x-api-key": b"other"})
        go_on.set()
        await looking
        assert app.routing.version == 2
        with pytest.raises(Unauthorized):
            app.routing.keyring.caller(HEADERS)
        await watching.look()
        assert app.routing.version == 3

    asyncio.run(asyncio.wait_for(story(), 20))


async def until_refused(app):
    while True:
        try:
            app.routing.keyring.caller(HEADERS)
        except Unauthorized:
            return
        await asyncio.sleep(0)
