"""`tempo serve` as a user starts it: how it begins, begins again, ends and fails to begin."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

import tempo
from tests.integration.served import Served, served
from tests.interfaces.http.conftest import until

PROMPT = {"prompt": "Once upon a time", "max_steps": 3}


def refused(*arguments, **options):
    """The one sentence of a service that does not begin."""
    service = Served("--store", ":memory:", *arguments, **options)
    assert service.ended() == 2, service.lines
    written = "".join(service.lines)
    assert "Traceback" not in written
    (sentence,) = [line for line in service.lines if line.startswith("tempo: ")]
    assert service.lines[-1] == sentence
    assert not [line for line in service.lines if not line.startswith(("tempo: ", "{"))], written
    return sentence


def test_what_it_cannot_begin_with_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        assert f"port {taken} of 127.0.0.1 is in use" in refused("--port", taken)
    assert "from 0 to 65535" in refused("--port", "99999")
    unknown = refused("--host", "nowhere.invalid", "--allow-anonymous")
    assert "no address is known for host 'nowhere.invalid'" in unknown
    assert "there is no folder '/nowhere'" in refused("--model", "/nowhere")
    assert "from 0 to 65535" in refused("--reload", "--port", "99999")


def test_replicas_that_there_cannot_be_are_one_sentence(tmp_path):
    assert "which replicas cannot share" in refused("--engine", "ray")
    assert "--reload goes with --engine local" in refused("--engine", "ray", "--reload")
    assert "replicas is 0; it must be" in refused("--engine", "ray", "--replicas", "0")
    assert "say --engine ray" in refused("--replicas", "2")
    store = ["--store", str(tmp_path / "runs.sqlite3")]
    nowhere = refused("--engine", "ray", "--address", "127.0.0.1:1", *store)
    assert "no Ray cluster answers at 127.0.0.1:1 (Connection refused)" in nowhere


def test_it_says_where_it_listens_and_when_it_is_ready_in_lines_of_json():
    with served("--store", ":memory:") as service:
        assert httpx.post(f"{service.address}/generate", json=PROMPT).status_code == 200
        assert service.told("service.ready")[0]["model"] == "embedded"
        (page,) = service.told("service.page")
        assert page["address"] == f"{service.address}/"
        assert page["is_built"] == ("make ui" not in httpx.get(page["address"]).text)
        assert all(line.startswith("{") for line in service.lines), service.lines
    assert service.told("service.stopped")


@pytest.mark.skipif(os.name == "nt", reason="a signal ends it")
def test_with_reload_it_comes_back_when_a_source_file_changes():
    source = Path(tempo.__file__).parent / "interfaces" / "http" / "description.py"
    before = source.stat()
    with served("--reload", "--store", ":memory:", "--max-steps", "7") as service:
        address = service.address
        assert httpx.post(f"{address}/generate", json=PROMPT).status_code == 200
        try:
            assert until(lambda: _touched(source) and len(service.told("service.stopped")) >= 1, 60)
        finally:
            os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert service.is_ready(times=2)
        assert httpx.post(f"{address}/generate", json=PROMPT).status_code == 200
        over = httpx.post(f"{address}/generate", json={**PROMPT, "max_steps": 8})
        assert "at most 7" in over.text
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(60) == 0


def _touched(source):
    source.touch()
    return True
