"""The study against transformers' plain forward, path by path, on the model that ships."""

import importlib.util
import sys
from argparse import Namespace
from pathlib import Path

import pytest

import tempo
from tempo.application.studies.fidelity.figures import Cell

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
NAMES = {"lineage, plain": "lineage, sharpness 1, window inf"}
CONTEXTS = 5
THRESHOLD, WIDTH, DEPTH = 0.08, 5, 4


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def benchmark():
    modules = loaded("workbench"), loaded("next_token_fidelity")
    yield modules
    for module in modules:
        del sys.modules[module.__name__]


def test_the_study_agrees_with_whole_sequences_without_a_cache(benchmark):
    workbench, next_token_fidelity = benchmark
    bench = workbench.Workbench.load("embedded", 1)
    options = Namespace(threshold=THRESHOLD, width=WIDTH, depth=DEPTH, budget=4_000)
    openings = bench.openings(CONTEXTS, 2024)
    expected = [next_token_fidelity.measure(bench, opening, options) for opening in openings]

    found = tempo.load(dtype="float32", device="cpu", check=False).fidelity(
        [opening.text for opening in openings],
        rules=[
            {"superposition": "lineage"},
            {"sharpness": 1, "window": "inf"},
            {"superposition": "path"},
            {"superposition": "marginal"},
            {"superposition": "uniform"},
        ],
        thresholds=(THRESHOLD,),
        width=WIDTH,
        depths=range(1, DEPTH + 1),
    )

    largest = 0.0
    for context, other in zip(found.contexts, expected, strict=True):
        for rule, values in other.kl.items():
            for depth, kl in enumerate(values, start=1):
                figures = context.figures[Cell(NAMES.get(rule, rule), THRESHOLD, depth)]
                assert figures.kl == pytest.approx(kl, abs=1e-4)
                largest = max(largest, kl)
            assert figures.paths == other.paths[rule]
    assert largest > 0.05
