"""The plan on paper prints what is committed and what the documentation shows."""

import importlib
import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
BENCHMARKS = PROJECT / "benchmarks"
COMMITTED = (BENCHMARKS / "results" / "capacity_plan.txt").read_text(encoding="utf-8")
PAGE = (PROJECT / "docs" / "capacity.md").read_text(encoding="utf-8")


@pytest.fixture
def plan(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("capacity_plan")


def test_the_plan_prints_what_is_committed(plan, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["capacity_plan.py"])
    plan.main()
    assert f"python benchmarks/capacity_plan.py\n{capsys.readouterr().out}" == COMMITTED


def test_every_table_of_the_page_is_in_the_plan():
    blocks = re.findall(r"^```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 4
    for block in blocks:
        assert block in COMMITTED


def test_rows_beyond_the_cache_have_no_room(plan):
    asked = plan.Plan(width=4, prompt=512, steps=128, answers=False)
    room = plan.room(asked, 4)
    held = 2.0 * plan.PARAMETERS + room * asked.rows * plan.ROW_BYTES
    limit = 4 * (plan.MEMORY - plan.SPARE)
    assert held <= limit < held + asked.rows * plan.ROW_BYTES
    assert plan.room(asked, 1) == 0


def test_bytes_moved_are_those_of_a_ring(plan):
    sums, logits = 161 * 8_192 * 2, 128_256 * 4
    assert plan.collective_bytes(1, 8) == 0.0
    assert plan.collective_bytes(2, 8) == 8 * (sums + logits / 2)
    assert plan.collective_bytes(8, 8) == pytest.approx(8 * (2 * sums + logits) * 7 / 8)


def test_more_runs_than_a_captured_pass_holds_take_several(plan):
    asked = plan.Plan(width=4, prompt=512, steps=2, answers=False)
    shared = plan.costs_of(asked, 4).shared_pass
    assert shared(64, 256) == pytest.approx(2 * shared(32, 128))
    assert shared(16, 64) < shared(32, 128) < 2 * shared(16, 64)


def test_a_pass_that_was_measured_takes_what_was_measured(plan):
    asked = plan.Plan(width=4, prompt=512, steps=2, answers=False)
    for gpus, measured in plan.PASSES.items():
        for rows, seconds in measured:
            moved = plan.moving_seconds(gpus, rows, 1)
            taken = plan.costs_of(asked, gpus).shared_pass(rows // 4, rows)
            assert taken == pytest.approx(seconds + moved)


LAYERS = (BENCHMARKS / "results" / "large_layers.txt").read_text(encoding="utf-8")
SPLIT_ROW = re.compile(r"^split +(\d) +(\d+) +\S+ +\S+ +\S+ +(\S+)(?: +(\S+))?$", re.MULTILINE)


def measured():
    """Return milliseconds of a pass by parts and runs, and of a prompt; the first run counts."""
    passes, prompts = {}, {}
    for parts, runs, pass_ms, prompt_ms in SPLIT_ROW.findall(LAYERS):
        passes.setdefault((int(parts), int(runs)), float(pass_ms))
        if prompt_ms:
            prompts.setdefault(int(parts), float(prompt_ms))
    return passes, prompts


def test_the_plan_stands_on_what_was_measured(plan):
    passes, prompts = measured()
    for gpus, points in plan.PASSES.items():
        for rows, seconds in points:
            assert 1000 * seconds == pytest.approx(passes[gpus, rows // 4], abs=0.051)
    for gpus in (2, 4):
        assert 1000 * plan.PROMPTS[gpus] == pytest.approx(prompts[gpus], abs=0.51)
    assert "prompts of 8 parts took 49.5 ms" in LAYERS
    assert plan.PROMPTS[8] == pytest.approx(0.0495, abs=0.001)


def test_the_page_on_large_models_shows_what_was_measured():
    page = (PROJECT / "docs" / "how-to" / "large-models.md").read_text(encoding="utf-8")
    passes, _ = measured()
    rows = re.findall(r"^\| (?:`fused`, captured: one run|\d+ runs).*$", page, re.MULTILINE)
    shown = [[float(one) for one in re.findall(r"([\d.]+) ms", row)] for row in rows[:3]]
    assert shown == [
        pytest.approx([passes[parts, runs] for parts in (1, 2, 4, 8)], abs=0.051)
        for runs in (1, 8, 32)
    ]
