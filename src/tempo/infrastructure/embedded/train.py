"""Training the embedded model from the corpus: tokenizer, teachers, student, model folder."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .corpus import (
    CHILDRENS_BOOKS,
    FAIRY_TALES,
    NOVELS,
    STORIES,
    STORIES_HELD_OUT,
    STORYBOOKS,
    Split,
    split_corpus,
)
from .evaluate import STORY_BLOCKS, HeldOutLoss, measure
from .fitting import Plan, fit
from .network import Network, Shape, parameter_count
from .publication import write_model
from .streams import EncodedSource, WindowSampler
from .tokenizer_training import CONTEXT, encode_blocks, tokenizer_texts, train_tokenizer

EARLY_SHARES: Final[Mapping[str, float]] = {
    STORIES: 0.10,
    STORYBOOKS: 0.03,
    FAIRY_TALES: 0.07,
    CHILDRENS_BOOKS: 0.45,
    NOVELS: 0.35,
}
LATE_SHARES: Final[Mapping[str, float]] = {
    STORIES: 0.15,
    STORYBOOKS: 0.04,
    FAIRY_TALES: 0.09,
    CHILDRENS_BOOKS: 0.53,
    NOVELS: 0.19,
}
START_SHARES: Final[Mapping[str, float]] = {
    STORIES: 0.5,
    STORYBOOKS: 0.3,
    FAIRY_TALES: 0.05,
    CHILDRENS_BOOKS: 0.12,
    NOVELS: 0.05,
}
BATCH_TOKENS: Final = 49_152


@dataclass(frozen=True, slots=True)
class Workbench:
    """What every training run shares: device, tokenizer, text and held-out blocks."""

    device: torch.device
    tokenizer: Tokenizer
    sampler: WindowSampler
    held_out: Mapping[str, Sequence[str]]

    @classmethod
    def prepare(cls, split: Split, tokenizer: Tokenizer, device: torch.device) -> "Workbench":
        """Encode the training text onto the device."""
        sources = {
            name: EncodedSource.from_blocks(encode_blocks(tokenizer, blocks), device)
            for name, blocks in split.training.items()
        }
        held_out = {
            STORIES_HELD_OUT: split.held_out[STORIES_HELD_OUT][:STORY_BLOCKS],
            CHILDRENS_BOOKS: split.held_out[CHILDRENS_BOOKS],
        }
        return cls(device, tokenizer, WindowSampler(sources, START_SHARES), held_out)

    def losses(self, network: Network) -> dict[str, HeldOutLoss]:
        """Measure a network in training on both held-out sets."""
        network.eval()

        def score(tokens: Tensor) -> Tensor:
            with torch.autocast(self.device.type, torch.bfloat16):
                return network.logits(tokens.to(self.device))

        with torch.compiler.set_stance("force_eager"):
            return {
                name: measure(score, self.tokenizer, blocks)
                for name, blocks in self.held_out.items()
            }

    def train(
        self, label: str, shape: Shape, plan: Plan, teachers: Sequence[Network] = ()
    ) -> Network:
        """Train one network and report on it as it goes."""
        network = Network(shape).to(self.device)
        if self.device.type == "cuda":
            network.compile_layers()
        tell(f"{label}: {parameter_count(network):,} parameters")
        began = time.monotonic()

        def progress(step: int, loss: float) -> None:
            figures = ", ".join(
                f"{name} {found.per_byte:.4f}" for name, found in self.losses(network).items()
            )
            seconds = time.monotonic() - began
            tell(f"{label}: step {step}, {seconds:.0f} s, loss {loss:.3f}, {figures}")

        fit(network, self.sampler, plan, progress, teachers)
        return network


def tell(message: str) -> None:
    """Write one line of progress."""
    sys.stdout.write(message + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many teachers to train first, how long, and how long the student learns from them."""

    vocabulary: int = 4096
    teachers: int = 1
    teacher_steps: int = 1650
    student_steps: int = 2500
    batch_tokens: int = BATCH_TOKENS

    def teacher_shape(self) -> Shape:
        """Sizes of a teacher: wider than the student, and held back by more dropout."""
        return Shape(self.vocabulary, 512, 10, 8, 1408, CONTEXT, 0.2)

    def student_shape(self) -> Shape:
        """Sizes of the model that ships."""
        return Shape(self.vocabulary, 320, 8, 5, 960, CONTEXT, 0.0)

    def plan(self, steps: int) -> Plan:
        """Plan a run of a number of steps on the two mixtures."""
        return Plan(steps, self.batch_tokens, EARLY_SHARES, LATE_SHARES)


def train_model(bench: Workbench, recipe: Recipe) -> Network:
    """Train the teachers one after another, then the student on their mean prediction."""
    teachers = [
        bench.train(f"teacher {number}", recipe.teacher_shape(), recipe.plan(recipe.teacher_steps))
        for number in range(1, recipe.teachers + 1)
    ]
    for teacher in teachers:
        teacher.requires_grad_(requires_grad=False)
    return bench.train(
        "student", recipe.student_shape(), recipe.plan(recipe.student_steps), teachers
    )


def choose_device() -> torch.device:
    """Pick the accelerator where there is one; without it, leave everything uncompiled."""
    torch.set_float32_matmul_precision("high")
    if torch.cuda.is_available():
        return torch.device("cuda")
    torch.compiler.set_stance("force_eager")
    return torch.device("cpu")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    defaults = Recipe()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the .txt.xz files")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--vocabulary", type=int, default=defaults.vocabulary)
    parser.add_argument("--teachers", type=int, default=defaults.teachers)
    parser.add_argument("--teacher-steps", type=int, default=defaults.teacher_steps)
    parser.add_argument("--student-steps", type=int, default=defaults.student_steps)
    parser.add_argument("--batch-tokens", type=int, default=defaults.batch_tokens)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Train, measure and write the model."""
    arguments = parse_arguments()
    options = vars(arguments)
    corpus, out = options.pop("corpus"), options.pop("out")
    torch.manual_seed(options.pop("seed"))
    recipe = Recipe(**options)
    split = split_corpus(corpus)
    tokenizer = train_tokenizer(tokenizer_texts(split.training), recipe.vocabulary)
    bench = Workbench.prepare(split, tokenizer, choose_device())
    network = train_model(bench, recipe)
    write_model(network, tokenizer, out)
    for name, loss in bench.losses(network).items():
        tell(f"{name}: {loss}")


if __name__ == "__main__":
    main()
