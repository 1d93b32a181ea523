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
