"""What holds for every test: two cores, no network, repeatable examples, and one of two marks."""

import os
from pathlib import Path

import coverage
import pytest
from hypothesis import HealthCheck, settings

INTEGRATION = Path(__file__).parent / "integration"
DECIDING = [Path(__file__).parent / layer for layer in ("domain", "application")]
"""Tests of the layers that hold every decision."""
MEASURING = pytest.StashKey[bool]()

# Before anything imports torch or transformers: torch reads its thread count once, and workers
# that all took every core would wait for each other.
THREADS = "1" if "PYTEST_XDIST_WORKER" in os.environ else "2"
os.environ["OMP_NUM_THREADS"] = THREADS
os.environ["MKL_NUM_THREADS"] = THREADS
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

# A tiny model's first step can take longer than any deadline; a slow machine is not a finding.
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=50,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_collection_modifyitems(items):
    """Mark every test `unit` or `integration`, so that `-m` can tell them apart."""
    for item in items:
        if item.path.is_relative_to(INTEGRATION):
            item.add_marker(pytest.mark.integration)
        elif item.get_closest_marker("integration") is None:
            item.add_marker(pytest.mark.unit)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Where coverage is measured of some layers alone, their own tests measure it.

    To trace what models and processes do takes a third more time. Other than by the mark
    `no_cover`, tracing stops and goes on only where tests of the one kind follow the other.
    """
    measured = coverage.Coverage.current()
    if measured is None or True in item.config.getoption("cov_source"):
        return
    wanted = any(item.path.is_relative_to(layer) for layer in DECIDING)
    if wanted != item.config.stash.get(MEASURING, True):
        item.config.stash[MEASURING] = wanted
        (measured.start if wanted else measured.stop)()
