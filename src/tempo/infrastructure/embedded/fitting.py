"""The training loop: Muon for matrices, AdamW for the rest, and optional teachers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .muon import Muon
from .network import Network
from .streams import WindowSampler

WINDOW_LENGTH = 1024
SHUFFLE_STEPS = 250
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to train, and on what mixture.

    Shares of the sources go linearly from `early_shares` to `late_shares`. Rates rise over
    `warm_up` steps, hold, and fall linearly to zero over the last `decay_share` of the steps.
    """

    steps: int
    batch_tokens: int
    early_shares: Mapping[str, float]
    late_shares: Mapping[str, float]
    matrix_rate: float = 3e-3
    vector_rate: float = 2e-3
    weight_decay: float = 0.1
    warm_up: int = 100
    decay_share: float = 0.7
    teacher_weight: float = 0.9

    def rate_factor(self, step: int) -> float:
        """Scale of the rates at a step, from 0 to 1."""
        remaining = (self.steps - step) / (self.decay_share * self.steps)
        return min(1.0, (step + 1) / self.warm_up, remaining)

    def shares(self, names: Sequence[str], step: int) -> Tensor:
        """Weights of the named sources at a step."""
        early = torch.tensor([self.early_shares[name] for name in names])
        late = torch.tensor([self.late_shares[name] for name in names])
        return torch.lerp(early, late, step / self.steps)


class Optimiser:
    """Muon over the matrices inside the layers, AdamW over the embedding and the norms."""

    def __init__(self, network: Network, plan: Plan) -> None:
        """Divide the network's weights between the two updates."""
        self._plan = plan
        matrices = [weight for weight in network.layers.parameters() if weight.ndim > 1]
        norms = [weight for weight in network.parameters() if weight.ndim == 1]
        groups = [
            {"params": [network.embed_tokens.weight], "weight_decay": plan.weight_decay},
            {"params": norms, "weight_decay": 0.0},
        ]
        self._muon = Muon(matrices, weight_decay=plan.weight_decay)
        self._adam = torch.optim.AdamW(groups, betas=(0.9, 0.95), fused=True)

    def step(self, number: int) -> None:
        """Update all weights at the rates of a step."""
        factor = self._plan.rate_factor(number)
        self._muon.step(self._plan.matrix_rate * factor)
        for group in self._adam.param_groups:
            group["lr"] = self._plan.vector_rate * factor
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)


def fit(
    network: Network,
    sampler: WindowSampler,
    plan: Plan,
    progress: Progress,
    teachers: Sequence[Network] = (),
) -> None:
    """Train a network in place, towards the text and the teachers' mean prediction."""
    optimiser = Optimiser(network, plan)
    device = network.embed_tokens.weight.device
    network.train()
    for step in range(plan.steps):
        if step % SHUFFLE_STEPS == 0:
            sampler.shuffle()
        shares = plan.shares(sampler.names, step)
        windows = sampler.draw(shares, plan.batch_tokens // WINDOW_LENGTH, WINDOW_LENGTH + 1)
        with torch.autocast(device.type, torch.bfloat16):
            loss = window_loss(network, windows, teachers, plan.teacher_weight)
        loss.backward()
        optimiser.step(step)
        if (step + 1) % max(1, plan.steps // 2) == 0:
            progress(step + 1, float(loss.detach()))
            network.train()
    network.eval()


def window_loss(
    network: nn.Module, windows: Tensor, teachers: Sequence[Network], teacher_weight: float
) -> Tensor:
    """Mean loss over windows (windows, length), blended with the teachers' when there are any."""
    tokens, targets = windows[:, :-1], windows[:, 1:]
    hidden = network(tokens)
    weight = network.get_parameter("embed_tokens.weight")
    if not teachers:
        return text_loss(hidden, weight, targets)
    with torch.no_grad():
        taught = [(teacher(tokens), teacher.embed_tokens.weight) for teacher in teachers]
    return taught_loss(hidden, weight, targets, taught, teacher_weight)


@torch.compile(dynamic=False)
def text_loss(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Mean loss of hidden (batch, time, width) against targets (batch, time)."""
    logits = functional.linear(hidden, weight).float()
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@torch.compile(dynamic=False)
def taught_loss(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    taught: Sequence[tuple[Tensor, Tensor]],
    teacher_weight: float,
) -> Tensor:
    """Blend the text's loss with that against the mean of the teachers (Hinton et al., 2015)."""
    scores = functional.linear(hidden, weight).float().log_softmax(-1).flatten(0, 1)
    expected = torch.stack(
        [functional.linear(state, head).float().softmax(-1).flatten(0, 1) for state, head in taught]
    ).mean(0)
    text = functional.nll_loss(scores, targets.flatten())
    return torch.lerp(text, -(expected * scores).sum(-1).mean(), teacher_weight)
