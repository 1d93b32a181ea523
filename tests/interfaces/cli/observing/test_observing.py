import json
import logging
import pstats
import re

import pytest

from tempo.application.phase_profile import Memory, PhaseProfile
from tempo.infrastructure.logging import NAME
from tempo.interfaces.cli.observing.phase_table import phase_lines
from tests.interfaces.scripted_engine import FOREVER


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    logger = logging.getLogger(NAME)
    before = logger.handlers, logger.level, logger.propagate
    yield
    for handler in logger.handlers:
        handler.close()
    logger.handlers, logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def measured(*memories):
    seconds, held = iter(range(100)), iter(memories)
    profile = PhaseProfile(lambda: next(held), lambda: float(next(seconds)))
    with profile.phase("load"):
        pass
    for _ in range(2):
        with profile.phase("forward"):
            pass
    return profile


def test_phases_are_a_table():
    profile = measured(*[Memory(1_000_000 * size) for size in (1, 20, 20, 30, 25, 31, 5)])
    assert phase_lines(profile) == [
        "phase         seconds    share   calls    peak MB",
        "load            1.000    7.1 %       1       20.0",
        "forward         2.000   14.3 %       2       31.0",
        "other          11.000   78.6 %               25.0",
        "whole          14.000  100.0 %               31.0",
    ]


def test_an_accelerators_memory_is_a_column_more():
    memories = [Memory(1_000_000), Memory(2_000_000), *[Memory(2_000_000, 7_500_000)] * 5]
    assert phase_lines(measured(*memories)) == [
        "phase         seconds    share   calls    peak MB  device MB",
        "load            1.000    7.1 %       1        2.0",
        "forward         2.000   14.3 %       2        2.0        7.5",
        "other          11.000   78.6 %                2.0        7.5",
        "whole          14.000  100.0 %                2.0        7.5",
    ]


@pytest.mark.parametrize("more", [(), ("--use-mcts",), ("--retroactive-pruning", "on")])
def test_a_profile_is_printed_beside_the_text(scripted, more):
    ended = scripted("--profile", *more)
    assert (ended.code, ended.out) == (0, " upon a park.\n")
    table = [line for line in ended.err.splitlines() if not line.startswith("tempo: ")]
    names = [line.split()[0] for line in table]
    phases = ["load", "prefill", "forward", "extraction", "selection", "formatting", "other"]
    if "on" in more:
        phases.insert(5, "pruning")
    assert names == ["phase", *phases, "whole"]
    seconds = [float(line.split()[1]) for line in table[1:]]
    assert sum(seconds[:-1]) == pytest.approx(seconds[-1], abs=0.001 * len(seconds))


def test_a_profile_comes_with_a_flame_graph_where_a_file_is_named(scripted, tmp_path):
    assert scripted("--profile", "--profile-output", "run.html").code == 0
    assert "<html" in (tmp_path / "run.html").read_text(encoding="utf-8")


def test_calls_are_counted_and_the_longest_printed(scripted, tmp_path):
    ended = scripted("--use-cprofile", "--max-steps", "2")
    assert ended.out == " upon a\n"
    assert "cumulative" in ended.err
    assert pstats.Stats(str(tmp_path / "tempo_profile.prof")).total_calls > 100


def test_a_run_beside_which_somebody_debugs_is_told_step_by_step(scripted, tmp_path):
    ended = scripted("--debug-mode", "--log-file", "run.log")
    assert ended.out == " upon a park.\n"
    kept = [json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines()]
    names = [event["event"] for event in kept]
    assert names[0] == "prompt.read"
    assert names.count("step.appended") == 5
    assert kept[-1]["event"] == "run.finished"
    assert kept[-1] | {"timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "event": "run.finished",
        "reason": "end_of_text",
        "steps": 5,
    }
    assert ended.err.splitlines()[0] == "tempo: the log is run.log"
    assert [re.findall("event='(.*?)'", line) for line in ended.err.splitlines()[1:]] == [
        [name] for name in names
    ]


def test_a_log_without_debugging_holds_neither_prompt_nor_text(scripted, tmp_path):
    ended = scripted("--log-file", "run.log")
    assert ended.err == "tempo: the log is run.log\n"
    text = (tmp_path / "run.log").read_text()
    assert [json.loads(line)["event"] for line in text.splitlines()] == [
        "run.started",
        "run.finished",
    ]
    assert "park" not in text
    assert "Once" not in text


def test_a_log_that_cannot_be_written_costs_no_text(scripted, tmp_path):
    (tmp_path / "logs").write_text("no folder")
    ended = scripted("--debug-mode")
    assert (ended.code, ended.out) == (0, " upon a park.\n")
    assert re.fullmatch(
        r"tempo: the log logs/tempo-.*\.log cannot be written: File exists; the run goes on "
        r"without it, and --log-file names another place",
        ended.err.splitlines()[0],
    )


def test_a_full_cache_ends_the_run_with_its_text(scripted):
    ended = scripted("--max-cache-tokens", "9", script=FOREVER, prompt=" a")
    assert ended.code == 0
    assert ended.out.strip()
    assert "event='bound.near' bound='max_cache_tokens'" in ended.err
    assert re.search(
        r"tempo: stopped after \d+ steps: the next pass needs more than the 9 cache rows of "
        r"max_cache_tokens; what was decoded is kept",
        ended.err,
    )


def test_a_process_that_holds_too_much_is_refused(scripted):
    assert re.fullmatch(
        r"the process holds [\d.]+ GB with the model alone, and max_memory_gb is 0.001; raise it, "
        r"or take a smaller model or a shorter prompt",
        scripted("--max-memory-gb", "0.001").sentence,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--profile-output", "x.html"], "--profile-output would have no effect; add --profile"),
        (["--profile", "--profile-output", "x.prof"], "let its name end in .html"),
        (["--max-memory-gb", "0"], "max_memory_gb is 0.0; it must be above 0"),
        (["--torch-trace", "missing/x.json"], "there is no folder"),
        (["--max-cache-tokens", "0"], "max_cache_tokens is 0; it must be 1 or more"),
    ],
)
def test_what_cannot_be_is_one_sentence(scripted, arguments, sentence):
    assert sentence in scripted(*arguments).sentence
