"""What is measured of this machine."""

import socket
import sys

import pytest

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.diagnosis.machine_facts import is_free, machine_facts, unmet
from tempo.infrastructure.embedded import embedded_model_path


def test_this_machine_has_what_the_package_requires(tmp_path):
    facts = machine_facts("embedded", "cpu", str(tmp_path), 8000)
    assert facts.python == sys.version_info[:2]
    assert facts.unmet == ()
    assert facts.device.startswith("cpu, ")
    assert facts.memory > 0
    assert facts.disk > 0
    assert facts.weights == sum(
        file.stat().st_size for file in embedded_model_path().glob("*.safetensors")
    )
    hub, *_ = facts.places
    assert (hub.path, hub.is_writable) == (str(tmp_path), True)


def test_a_requirement_that_is_not_met_is_told_with_what_there_is():
    found = unmet(["torch>=99", "no-such-distribution>=1", "numpy>=1", "pytest>=99; extra == 'x'"])
    assert found[0].startswith("torch is 2.")
    assert found[0].endswith("and TEMPO needs >=99")
    assert found[1] == "no-such-distribution is not installed, and TEMPO needs >=1"
    assert len(found) == 2


def test_a_port_is_taken_while_something_listens_there():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)


def test_a_cache_that_is_not_there_yet_is_judged_by_where_it_would_be_made(tmp_path):
    facts = machine_facts("nobody/tiny", "cpu", str(tmp_path / "a" / "b"), 8000)
    assert facts.places[0].is_writable
    assert facts.weights == 0


def test_an_unknown_device_is_refused():
    with pytest.raises(InvalidValueError, match="device is 'gpu'"):
        machine_facts("embedded", "gpu", "", 8000)
