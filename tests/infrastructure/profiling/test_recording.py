import json
import pstats
import sys

import pytest
import torch

from tempo.application.phase_profile import PhaseProfile
from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.profiling.device import measure_on, memory_bound, process_memory
from tempo.infrastructure.profiling.recording import call_statistics, flame_graph, operation_trace
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script


def busy():
    return sum(number * number for number in range(300_000))


def test_a_flame_graph_is_a_page_that_names_what_ran(tmp_path):
    path = tmp_path / "run.html"
    with flame_graph(str(path)):
        busy()
    page = path.read_text(encoding="utf-8")
    assert "<html" in page
    assert "busy" in page


def test_a_flame_graph_needs_a_name_that_a_browser_opens(tmp_path):
    with pytest.raises(InvalidValueError) as caught:
        flame_graph("run.prof")
    assert str(caught.value) == (
        "--profile-output is 'run.prof' and a flame graph is a page: let its name end in .html, "
        "or add --use-cprofile for the statistics of calls"
    )


def test_without_pyinstrument_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyinstrument", None)
    with pytest.raises(InvalidValueError) as caught:
        flame_graph("run.html")
    assert str(caught.value) == (
        "flame graphs need pyinstrument: pip install 'tempo-decoding[profile]'"
    )


def test_statistics_of_calls_are_written_and_the_longest_told(tmp_path):
    path, told = tmp_path / "run.prof", []
    with call_statistics(str(path), told.append):
        busy()
    (text,) = told
    assert "cumulative" in text
    assert "busy" in text
    assert any(name == "busy" for _, _, name in pstats.Stats(str(path)).stats)


def test_a_recording_is_written_where_the_block_fails_too(tmp_path):
    path = tmp_path / "run.prof"
    with pytest.raises(KeyError), call_statistics(str(path), lambda _: None):
        raise KeyError
    assert path.exists()


def test_a_trace_holds_torchs_operations(tmp_path):
    path = tmp_path / "trace.json"
    with operation_trace(str(path)):
        torch.ones(3) @ torch.ones(3)
    names = {event.get("name") for event in json.loads(path.read_text())["traceEvents"]}
    assert "aten::ones" in names


@pytest.mark.parametrize(
    "recording",
    [flame_graph, operation_trace, lambda path: call_statistics(path, lambda _: None)],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(recording, tmp_path):
    with pytest.raises(OutputError, match="there is no folder"):
        recording(str(tmp_path / "missing" / "run.html"))


def test_on_a_processor_memory_is_what_is_resident():
    memory = process_memory()
    assert memory.resident > 10_000_000
    assert memory.device is None
    profile = PhaseProfile(process_memory)
    clock = profile.clock
    measure_on(profile, "cpu")
    assert profile.clock is clock


def test_memory_is_bounded_where_a_bound_is_named():
    backend = ScriptedBackend(Script.of({"": {"a": 1.0}, "a": {"a": 1.0}}))
    assert memory_bound(None, backend) is None
    bound = memory_bound(1000.0, backend)
    assert 0.01 < bound.used < 1000.0
    with pytest.raises(InvalidValueError, match="max_memory_gb is -1"):
        memory_bound(-1.0, backend)
