"""What the page's tests read is what the service tells."""

import json

import pytest

from tests.interfaces.http.page_runs import FILE, RUNS, all_told, told


def alike(found, kept):
    """Whether two documents are the same, but for the last digits of numbers."""
    if isinstance(found, dict):
        return found.keys() == kept.keys() and all(alike(found[key], kept[key]) for key in found)
    if isinstance(found, list):
        return len(found) == len(kept) and all(map(alike, found, kept))
    if isinstance(found, float):
        return found == pytest.approx(kept, abs=2e-6)
    return found == kept


@pytest.mark.parametrize("name", RUNS)
def test_the_runs_that_the_pages_tests_read_are_what_the_service_tells(name):
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    again = "run python -m tests.interfaces.http.page_runs, and the page's tests"
    assert alike(json.loads(json.dumps(told(name))), kept[name]), again


def test_each_run_shows_what_it_is_there_for():
    runs = all_told()
    appended = [one for one in runs["ending"]["events"] if one["type"] == "step.appended"]
    assert any("finished" in [one["state"] for one in step["candidates"]] for step in appended[:-1])
    pruned = [one for one in runs["pruned"]["events"] if one["type"] == "candidates.pruned"]
    assert pruned
    assert not any(one["removed"] for one in pruned)
    assert any(one.get("removed") for one in runs["removed"]["events"])
    assert "🦊" in runs["odd"]["text"]
    assert "<script>" in runs["odd"]["text"]
