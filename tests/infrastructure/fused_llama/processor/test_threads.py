"""Kernels leave PyTorch its threads, and say so where they have none of their own."""

import subprocess
import sys

import pytest

from tempo.infrastructure.fused_llama.processor import compiling

SETUP = """
import multiprocessing, torch, tempo
torch.set_num_threads({threads})
engine = tempo.load(check=False)
engine.generate("Once", max_steps=2)
"""

FORK = """
def child():
    try:
        print(engine.generate("Once", max_steps=2).text)
    except tempo.errors.SessionError as error:
        print(error)

process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join(60)
process.kill()
print("ended by itself:", process.exitcode == 0)
"""


def told(code, threads):
    """Return what a process of its own says; numba's threads start once in each."""
    command = [sys.executable, "-c", SETUP.format(threads=threads) + code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("threads", [1, 3])
def test_pytorch_keeps_the_threads_it_was_given(threads):
    assert told("print(torch.get_num_threads())", threads) == f"{threads}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="others do not fork with OpenMP")
def test_a_fork_of_a_process_that_decoded_goes_on_in_pytorch_where_it_can_and_says_where_not():
    alone = told("print(engine.generate('Once', max_steps=2).text)", 1)
    assert told(FORK, 1) == alone + "ended by itself: True\n"
    several = told(FORK, 2)
    assert "start processes by spawn" in several
    assert several.endswith("ended by itself: True\n")


@pytest.mark.parametrize(("layer", "why"), [("workqueue", "one thread alone"), ("omp", None)])
def test_a_threading_layer_that_cannot_serve_is_told_of(monkeypatch, layer, why):
    monkeypatch.setattr(compiling.numba, "threading_layer", lambda: layer)
    found = compiling.no_threads()
    assert found is None if why is None else why in found


def test_a_layer_that_cannot_be_loaded_is_told_of(monkeypatch):
    monkeypatch.setattr(compiling.numba, "threading_layer", lambda: "tbb")
    monkeypatch.setitem(sys.modules, "numba.np.ufunc.tbbpool", None)
    assert "tbb cannot be loaded" in compiling.no_threads()


def test_without_compiling_there_are_no_kernels(monkeypatch):
    monkeypatch.setattr(compiling.config, "DISABLE_JIT", 1)
    assert "NUMBA_DISABLE_JIT" in compiling.no_threads()
