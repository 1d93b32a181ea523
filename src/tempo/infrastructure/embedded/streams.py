"""Token streams on the training device and the windows drawn from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class EncodedSource:
    """A source's blocks, each with its end-of-text token first, laid end to end."""

    tokens: Tensor  # (tokens,) int32
    lengths: Tensor  # (blocks,) int64, summing to the number of tokens

    @classmethod
    def from_blocks(cls, blocks: Sequence[Sequence[int]], device: torch.device) -> "EncodedSource":
        """Lay encoded blocks end to end on a device."""
        flat = [token for block in blocks for token in block]
        lengths = torch.tensor([len(block) for block in blocks])
        return cls(torch.tensor(flat, dtype=torch.int32, device=device), lengths.to(device))

    def shuffled(self) -> "EncodedSource":
        """Return the same blocks in a new random order."""
        order = torch.randperm(len(self.lengths), device=self.lengths.device)
        lengths = self.lengths[order]
        origins = (self.lengths.cumsum(0) - self.lengths)[order]
        shift = origins - (lengths.cumsum(0) - lengths)
        index = torch.arange(len(self.tokens), device=self.tokens.device)
        return EncodedSource(self.tokens[index + shift.repeat_interleave(lengths)], lengths)


class WindowSampler:
    """Draws windows from several sources, some at a block's start and the rest anywhere."""

    def __init__(
        self, sources: Mapping[str, EncodedSource], start_shares: Mapping[str, float]
    ) -> None:
        """Keep the sources; `start_shares` of their windows begin where a block begins."""
        self.names = tuple(sources)
        self._sources = tuple(sources.values())
        device = self._sources[0].tokens.device
        self._start_shares = torch.tensor([start_shares[name] for name in sources], device=device)
        sizes = [len(source.tokens) for source in self._sources]
        counts = [len(source.lengths) for source in self._sources]
        self._sizes = torch.tensor(sizes, device=device)
        self._counts = torch.tensor(counts, device=device)
        self._offsets = torch.tensor([0, *accumulate(sizes)][:-1], device=device)
        self._block_offsets = torch.tensor([0, *accumulate(counts)][:-1], device=device)
        self.shuffle()

    def shuffle(self) -> None:
        """Put the blocks of every source in a new order, so that neighbours change."""
        self._sources = tuple(source.shuffled() for source in self._sources)
        self._tokens = torch.cat([source.tokens for source in self._sources])
        self._starts = torch.cat(
            [source.lengths.cumsum(0) - source.lengths for source in self._sources]
        )

    def draw(self, shares: Tensor, windows: int, length: int) -> Tensor:
        """Draw windows (windows, length) of tokens, sources picked by their shares."""
        device = self._tokens.device
        source = torch.multinomial(shares.to(device), windows, replacement=True)
        uniform = torch.rand(3, windows, device=device)
        block = (uniform[0] * self._counts[source]).long() + self._block_offsets[source]
        anywhere = (uniform[1].double() * self._sizes[source]).long()
        at_start = uniform[2] < self._start_shares[source]
        start = torch.where(at_start, self._starts[block], anywhere)
        index = start[:, None] + torch.arange(length, device=device)
        index = index % self._sizes[source, None] + self._offsets[source, None]
        return self._tokens[index].long()
