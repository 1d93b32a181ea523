"""Who a process is, and what it says where the others are not."""

import pytest
import torch

from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.infrastructure.ranks.joining import (
    Place,
    own_place,
    require_device,
    wanted_processes,
)

STARTED = {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


@pytest.fixture
def launched(monkeypatch):
    for name, value in STARTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    return monkeypatch


@pytest.fixture
def alone(monkeypatch):
    for name in STARTED:
        monkeypatch.delenv(name, raising=False)


def test_a_number_or_auto_is_wanted():
    assert wanted_processes("auto") is None
    assert wanted_processes("8") == 8


@pytest.mark.parametrize("given", ["1", "0", "-2", "two", "2.0"])
def test_anything_else_is_refused(given):
    with pytest.raises(InvalidValueError) as error:
        wanted_processes(given)
    assert str(error.value) == (
        f"tensor_parallel is {given!r}; give the number of processes, 2 or more, "
        "or auto for as many as torchrun started"
    )


def test_a_launcher_says_which_process_this_is(launched):
    assert own_place(None) == own_place(4) == Place(rank=1, count=4, local=1)
    launched.setenv("LOCAL_RANK", "0")
    assert own_place(None) == Place(rank=1, count=4, local=0)


@pytest.mark.parametrize(("wanted", "told", "count"), [(None, "auto", 2), (8, "8", 8)])
@pytest.mark.usefixtures("alone")
def test_without_a_launcher_it_says_how_to_start(wanted, told, count):
    with pytest.raises(InvalidValueError) as error:
        own_place(wanted)
    assert str(error.value) == (
        f"tensor_parallel is {told}, and this is one process; start several: "
        f"torchrun --nproc-per-node {count} -m tempo ... --tensor-parallel {count}"
    )


@pytest.mark.usefixtures("launched")
def test_another_number_than_was_started_is_refused():
    with pytest.raises(ContradictionError) as error:
        own_place(2)
    assert str(error.value) == (
        "tensor_parallel is 2, and torchrun started 4 processes; give both the same number, or auto"
    )


def test_what_no_launcher_would_say_is_refused(launched):
    launched.setenv("RANK", "4")
    with pytest.raises(InvalidValueError, match="RANK goes from 0 to WORLD_SIZE - 1"):
        own_place(None)


def test_the_device_is_what_the_machine_has():
    kind = "cuda" if torch.cuda.is_available() else "cpu"
    require_device("auto")
    require_device(kind)
    with pytest.raises(ContradictionError, match=f"goes over this machine's {kind}; leave device"):
        require_device("mps")
