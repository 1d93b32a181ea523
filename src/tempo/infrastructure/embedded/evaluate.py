"""Measuring held-out loss, in nats per byte, of a network or of a finished model folder."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from transformers import AutoModelForCausalLM

from .corpus import CHILDRENS_BOOKS, STORIES_HELD_OUT, split_corpus

SCORED_TOKENS: Final = 512
STORY_BLOCKS: Final = 150
BATCH: Final = 8
Scorer = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class HeldOutLoss:
    """Summed loss over scored tokens, with what it was summed over."""

    nats: float
    tokens: int
    byte_count: int

    @property
    def per_byte(self) -> float:
        """Loss in nats per byte of UTF-8."""
        return self.nats / self.byte_count

    def __str__(self) -> str:
        """Say the loss per byte and per token."""
        return (
            f"{self.per_byte:.4f} nats/byte, {self.nats / self.tokens:.4f} nats/token "
            f"({self.tokens} tokens, {self.byte_count} bytes)"
        )


def held_out_blocks(folder: Path) -> dict[str, tuple[str, ...]]:
    """Read the blocks both measurements use: 150 stories, every 25th children's-book block."""
    held_out = split_corpus(folder).held_out
    return {
        STORIES_HELD_OUT: held_out[STORIES_HELD_OUT][:STORY_BLOCKS],
        CHILDRENS_BOOKS: held_out[CHILDRENS_BOOKS],
    }


@torch.no_grad()
def measure(scorer: Scorer, tokenizer: Tokenizer, blocks: Sequence[str]) -> HeldOutLoss:
    """Sum a scorer's loss over the first 512 tokens of each block.

    The scorer maps tokens (batch, time) to logits (batch, time, vocabulary). Each block is
    read after one end-of-text token, which is not scored itself.
    """
    encodings = [encoding.ids[: SCORED_TOKENS + 1] for encoding in tokenizer.encode_batch(blocks)]
    encodings.sort(key=len)
    nats = 0.0
    for first in range(0, len(encodings), BATCH):
        nats += _batch_loss(scorer, encodings[first : first + BATCH])
    scored = [token for encoding in encodings for token in encoding[1:]]
    return HeldOutLoss(nats, len(scored), sum(byte_lengths(tokenizer, scored)))


def _batch_loss(scorer: Scorer, encodings: Sequence[Sequence[int]]) -> float:
    """Sum the loss over encodings padded at their ends, padding left out."""
    longest = max(map(len, encodings))
    padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in encodings])
    logits = scorer(padded[:, :-1]).float().cpu()
    losses = functional.cross_entropy(logits.transpose(1, 2), padded[:, 1:], reduction="none")
    lengths = torch.tensor([len(row) - 1 for row in encodings])
    scored = torch.arange(longest - 1) < lengths[:, None]
    return float(losses[scored].double().sum())


def byte_lengths(tokenizer: Tokenizer, tokens: Sequence[int]) -> list[int]:
    """Count each token's bytes; a byte-level token spells one byte a character."""
    return [len(tokenizer.id_to_token(token) or "") for token in tokens]


def folder_scorer(folder: Path) -> Scorer:
    """Load a model folder's weights, widened to float32, as a scorer."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def score(tokens: Tensor) -> Tensor:
        logits: Tensor = model(tokens, use_cache=False).logits
        return logits

    return score


def main() -> None:
    """Print both held-out losses of a model folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    arguments = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    scorer = folder_scorer(arguments.model)
    for name, blocks in held_out_blocks(arguments.corpus).items():
        sys.stdout.write(f"{name}: {measure(scorer, tokenizer, blocks)}\n")


if __name__ == "__main__":
    main()
