import json
import logging

import pytest

from tempo.application.decoding.watching import NearBound
from tempo.domain.errors import OutputError
from tempo.infrastructure import log_file
from tempo.infrastructure.log_file import LogFile
from tempo.infrastructure.logging import NAME, events, keep, listen, tell_near


@pytest.fixture(autouse=True)
def _unchanged_logger():
    logger = logging.getLogger(NAME)
    before = logger.handlers, logger.level, logger.propagate
    yield
    for handler in logger.handlers:
        if isinstance(handler, LogFile):
            handler.close()
    logger.handlers, logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_file_keeps_events_as_json_and_standard_error_hears_what_it_heard(tmp_path, capsys):
    told, path = [], tmp_path / "new" / "run.log"
    listen()
    keep(str(path), debug=False, told=told.append)
    events().info("run.started", prompt_tokens=4)
    events().debug("prompt.read", prompt="a secret")
    events().warning("bound.near", share=0.9)
    assert told == [f"the log is {path}"]
    kept = lines(path)
    assert [list(event) for event in kept] == [
        ["timestamp", "level", "event", "prompt_tokens"],
        ["timestamp", "level", "event", "share"],
    ]
    assert [(one["level"], one["event"]) for one in kept] == [
        ("info", "run.started"),
        ("warning", "bound.near"),
    ]
    (line,) = capsys.readouterr().err.splitlines()
    assert "event='bound.near' share=0.9" in line


def test_only_debugging_keeps_prompts(tmp_path):
    path = tmp_path / "run.log"
    listen(debug=True)
    keep(str(path), debug=True, told=lambda _: None)
    events().debug("prompt.read", prompt="Once — 'upon'")
    assert [one["prompt"] for one in lines(path)] == ["Once — 'upon'"]


def test_a_log_without_a_name_is_that_of_the_day_in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    listen()
    keep(None, debug=False, told=lambda _: None)
    (found,) = tmp_path.glob("logs/tempo-????-??-??.log")
    assert found.read_text(encoding="utf-8") == ""


def test_a_full_log_is_set_aside_and_the_oldest_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(log_file, "LARGEST", 200)
    monkeypatch.setattr(log_file, "KEPT", 2)
    listen()
    keep(str(tmp_path / "run.log"), debug=False, told=lambda _: None)
    for number in range(20):
        events().info("run.started", number=number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.log", "run.log.1", "run.log.2"]
    assert all(path.stat().st_size <= 200 for path in tmp_path.iterdir())
    assert lines(tmp_path / "run.log")[-1]["number"] == 19


def test_a_log_that_cannot_be_opened_is_one_sentence_and_costs_nothing(tmp_path):
    (tmp_path / "taken").write_text("")
    path, told = tmp_path / "taken" / "run.log", []
    listen()
    keep(str(path), debug=True, told=told.append)
    events().warning("bound.near")
    (sentence,) = told
    assert sentence == (
        f"the log {path} cannot be written: File exists; the run goes on without it, "
        "and --log-file names another place"
    )
    with pytest.raises(OutputError):
        LogFile(path, told.append)


def test_a_log_that_breaks_later_says_so_once(tmp_path):
    told = []
    listen()
    keep(str(tmp_path / "run.log"), debug=False, told=told.append)
    handler = logging.getLogger(NAME).handlers[-1]

    class Full:
        def write(self, _):
            raise OSError(28, "No space left on device")

        def __getattr__(self, name):
            return lambda *_: 0

    handler.stream.close()
    handler.stream = Full()
    for _ in range(3):
        events().warning("bound.near")
    _, sentence = told
    assert sentence == (
        f"the log {tmp_path / 'run.log'} cannot be written: No space left on device; the run goes "
        "on without it, and --log-file names another place"
    )
    handler.stream = None


def test_records_of_others_are_kept_too(tmp_path):
    path = tmp_path / "run.log"
    listen()
    keep(str(path), debug=False, told=lambda _: None)
    logging.getLogger(NAME).warning("plain %s", "words")
    (event,) = lines(path)
    assert (event["level"], event["event"]) == ("warning", "plain words")


def test_a_bound_that_is_near_is_an_event(capsys):
    listen()
    tell_near(NearBound("max_cache_tokens", 90, 100))
    assert "event='bound.near' bound='max_cache_tokens' used=90 allowed=100 share=0.9" in (
        capsys.readouterr().err
    )
