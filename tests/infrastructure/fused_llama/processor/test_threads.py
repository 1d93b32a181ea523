"""Kernels leave PyTorch its threads, and say so where they have none of their own."""

import subprocess
import sys

import pytest

from tempo.infrastructure.fused_llama.processor import compiling

PROCESS = """
import multiprocessing, torch, tempo
torch.set_num_threads({threads})
engine = tempo.load(check=False)

def text():
    return engine.generate("Once", max_steps=2).text

def child():
    try:
        print(text())
    except tempo.errors.SessionError as error:
        print(error)

print(text())
print(torch.get_num_threads(), flush=True)
process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join(60)
process.kill()
print("ended by itself:", process.exitcode == 0)
"""


def told(threads):
    """Return what a process of its own says; numba's threads start once in each."""
    command = [sys.executable, "-c", PROCESS.format(threads=threads)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="others do not fork with OpenMP")
def test_pytorch_keeps_its_threads_and_a_fork_goes_on_in_it_where_it_can_and_says_where_not():
    text, threads, forked, ended = told(1)
    assert text
    assert (threads, forked, ended) == ("1", text, "ended by itself: True")
    text_of_three, threads, forked, ended = told(3)
    assert (text_of_three, threads, ended) == (text, "3", "ended by itself: True")
    assert "start processes by spawn" in forked


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
