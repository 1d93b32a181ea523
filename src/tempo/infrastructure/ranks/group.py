"""The processes that hold one model together, and what they add up."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch
from torch import distributed, nn

from tempo.domain.errors import UnsupportedModelError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributed import ProcessGroup
    from torch.distributed.tensor import DTensor
    from transformers import PreTrainedModel


class Ranks(Protocol):
    """Processes of which each holds a part of every layer: some of its heads and inner numbers."""

    @property
    def rank(self) -> int:
        """This process's number, 0-based."""
        ...

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def total(self, part: Tensor) -> Tensor:
        """Return the sum of what all processes hold; `part` may be overwritten."""
        ...

    def mean(self, part: Tensor) -> Tensor:
        """Return the mean of what all processes hold; `part` may be overwritten."""
        ...

    def beside(self, part: Tensor, columns: int) -> Tensor:
        """Return [row, columns] of the columns [row, own] that each process holds in its turn."""
        ...


@dataclass(frozen=True, slots=True)
class Alone:
    """One process with all of a model: nothing is to be added up."""

    rank: int = 0
    count: int = 1

    def total(self, part: Tensor) -> Tensor:
        """Return what is held here."""
        return part

    def mean(self, part: Tensor) -> Tensor:
        """Return what is held here."""
        return part

    def beside(self, part: Tensor, columns: int) -> Tensor:
        """Return what is held here."""
        return part[:, :columns]


ALONE = Alone()


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Several processes, each with its part (Shoeybi et al. 2019, section 3).

    Attributes:
        rank: this process's number.
        count: how many there are.
        group: by which they speak to each other.
    """

    rank: int
    count: int
    group: ProcessGroup

    def total(self, part: Tensor) -> Tensor:
        """Return the sum over all processes."""
        held = part.contiguous()
        distributed.all_reduce(held, group=self.group)
        return held

    def mean(self, part: Tensor) -> Tensor:
        """Return the mean over all processes, the same on each of them."""
        return self.total(part).div_(self.count)

    def beside(self, part: Tensor, columns: int) -> Tensor:
        """Return all columns; every process but the last ones holds equally many."""
        rows, each = len(part), -(-columns // self.count)
        own = part.new_zeros(rows, each)
        own[:, : part.shape[1]] = part
        held = [torch.empty_like(own) for _ in range(self.count)]
        distributed.all_gather(held, own, group=self.group)
        return torch.cat(held, 1)[:, :columns].contiguous()


SPREAD = "torch.distributed.tensor"
"""What makes such tensors; where nobody has imported it, there are none."""


def is_split(tensor: Tensor) -> bool:
    """Whether a process holds a part of a tensor alone."""
    known: Any = sys.modules.get(SPREAD)
    return known is not None and isinstance(tensor, known.DTensor)


def held_here(tensor: Tensor) -> Tensor:
    """Return the part of a tensor that this process holds, all of one that is not spread."""
    if not is_split(tensor):
        return tensor
    held: Tensor = cast("DTensor", tensor).to_local()
    return held


def with_part(split: Tensor, part: Tensor) -> nn.Parameter:
    """Return a parameter of several processes, of which this one holds another tensor."""
    from torch.distributed.tensor import DTensor  # noqa: PLC0415 - a second, for several

    before = cast("DTensor", split)
    spread = DTensor.from_local(
        part,
        before.device_mesh,
        before.placements,
        run_check=False,
        shape=before.shape,
        stride=before.stride(),
    )
    return nn.Parameter(spread, requires_grad=False)


def sampled_together(tensor: Tensor, where: tuple[Tensor, ...]) -> Tensor:
    """Return [s] values of a tensor that several processes hold, float32, the same on each.

    `where` are the places of each, an index a dimension.
    """
    from torch.distributed.tensor import Replicate, Shard  # noqa: PLC0415 - as above

    split = cast("DTensor", tensor)
    (placement,), mesh = split.placements, split.device_mesh
    if isinstance(placement, Replicate):
        return held_here(tensor)[where].float()
    if type(placement) is not Shard:
        return split.full_tensor()[where].float()
    held, axis = held_here(tensor), placement.dim
    first = mesh.get_local_rank() * -(-tensor.shape[axis] // mesh.size())
    here = where[axis] - first
    inside = (here >= 0) & (here < held.shape[axis])
    found = torch.zeros(len(inside), device=held.device)
    if held.numel():
        own = [*where]
        own[axis] = here.clamp(0, held.shape[axis] - 1)
        found = torch.where(inside, held[tuple(own)].float(), found)
    distributed.all_reduce(found, group=mesh.get_group())
    return found


def ranks_of(model: PreTrainedModel) -> Ranks:
    """Return the processes that hold a model, this one alone where it holds all of it."""
    if (getattr(model, "tp_size", None) or 1) == 1:
        return ALONE
    spread = next(one for one in model.parameters() if is_split(one))
    mesh = cast("DTensor", spread).device_mesh
    return Together(mesh.get_local_rank(), mesh.size(), mesh.get_group())


def require_whole(model: nn.Module, what: str) -> None:
    """Refuse to look at the modules of a model of which this process holds a part alone.

    Raises:
        UnsupportedModelError: for a model that several processes hold.
    """
    count = getattr(model, "tp_size", None) or 1
    if count > 1:
        message = (
            f"{what} calls the model's own modules, and tensor_parallel spreads them over {count} "
            "processes; run it without tensor_parallel, on one process"
        )
        raise UnsupportedModelError(message)
