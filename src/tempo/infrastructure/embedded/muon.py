"""The Muon update (Jordan et al., 2024), batched over all matrices of one shape.

One batched product per shape keeps a small network's step short, where an update that
takes the matrices one after another would wait on kernel launches.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

ITERATIONS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
UPDATE_SCALE = 0.2


class Muon:
    """Momentum whose update is made nearly orthogonal, with decoupled weight decay."""

    def __init__(
        self, matrices: Iterable[nn.Parameter], *, weight_decay: float, momentum: float = 0.95
    ) -> None:
        """Group the matrices by shape and start each group's momentum at zero."""
        groups: defaultdict[torch.Size, list[Tensor]] = defaultdict(list)
        for matrix in matrices:
            groups[matrix.shape].append(matrix)
        self._groups = [(group, torch.zeros_like(torch.stack(group))) for group in groups.values()]
        self._weight_decay = weight_decay
        self._momentum = momentum

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Update every matrix from its gradient, then forget the gradients."""
        for group, velocity in self._groups:
            gradient = torch.stack([_gradient(matrix) for matrix in group])
            velocity.lerp_(gradient, 1 - self._momentum)
            update = orthogonalise(gradient.lerp_(velocity, self._momentum))
            scale = UPDATE_SCALE * max(update.shape[-2:]) ** 0.5
            for matrix, change in zip(group, update.to(velocity.dtype), strict=True):
                matrix.mul_(1 - rate * self._weight_decay).add_(change, alpha=-rate * scale)
                matrix.grad = None


def _gradient(matrix: Tensor) -> Tensor:
    """Return a matrix's gradient, which must be there."""
    if matrix.grad is None:
        raise RuntimeError("a matrix has no gradient")
    return matrix.grad


@torch.compile(dynamic=False)
def orthogonalise(matrices: Tensor) -> Tensor:
    """Bring the singular values of (count, rows, columns) near one, by Newton-Schulz steps."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    current = (matrices.mT if tall else matrices).bfloat16()
    current = current / (current.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    first, second, third = COEFFICIENTS
    for _ in range(ITERATIONS):
        square = current @ current.mT
        current = first * current + (second * square + third * (square @ square)) @ current
    result: Tensor = current.mT if tall else current
    return result
