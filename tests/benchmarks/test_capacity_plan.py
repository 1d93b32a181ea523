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
    assert plan.collective_bytes(1, 8) == 0.0
    assert plan.collective_bytes(2, 8) == 160 * 8 * 8_192 * 2
    assert plan.collective_bytes(8, 8) == pytest.approx(160 * 8 * 8_192 * 2 * 2 * 7 / 8)
