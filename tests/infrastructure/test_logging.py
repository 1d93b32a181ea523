import logging

import pytest

from tempo.infrastructure.logging import NAME, events, listen


@pytest.fixture(autouse=True)
def _unchanged_logger():
    logger = logging.getLogger(NAME)
    before = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def test_nobody_hears_an_event_until_someone_listens(capfd):
    events().info("model.loaded", name="tiny")
    events().debug("self_check.passed")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_library_leaves_the_root_logger_alone():
    before = logging.getLogger().handlers[:]
    listen(debug=True)
    assert logging.getLogger().handlers == before
    assert logging.getLogger(NAME).propagate is False


def test_listening_sends_warnings_to_standard_error(capsys):
    listen()
    events().info("model.loaded", name="tiny")
    events().warning("self_check.weak", effect=0.1)
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert "level='warning' event='self_check.weak' effect=0.1" in line
    assert line.startswith("timestamp='")


def test_listening_for_all_hears_debug_too(capsys):
    listen(debug=True)
    events().debug("self_check.passed", path=0.0)
    assert "event='self_check.passed' path=0.0" in capsys.readouterr().err


def test_listening_twice_hears_each_event_once(capsys):
    listen()
    listen()
    events().warning("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_events_go_through_the_standard_library(caplog):
    with caplog.at_level(logging.INFO, logger=NAME):
        events().info("model.loaded", name="tiny")
    (record,) = caplog.records
    assert (record.name, record.levelno) == (NAME, logging.INFO)
    assert "name='tiny'" in record.message
