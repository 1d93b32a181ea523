"""The options of `tempo generate` that ask for many results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.batches.plan import BatchPlan
from tempo.application.decoding.many import AT_ONCE
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError
from tempo.interfaces.cli.named_places import require_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.batches.plan import Chat
    from tempo.interfaces.cli.batches.output import BatchOutput

PANEL = "Many results"
TOGETHER = 8

Thresholds = Annotated[
    str | None,
    typer.Option(
        metavar="T,T,...",
        help="Decode each prompt under each of these selection thresholds, such as 0.01,0.05,0.1.",
        rich_help_panel=PANEL,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        help=f"So many of them go through the model together, 1 to {AT_ONCE}. Default: {TOGETHER}.",
        rich_help_panel=PANEL,
    ),
]
OutputDir = Annotated[
    str | None,
    typer.Option(
        help="Keep results.jsonl and run.json in this folder, and go on from what is there. "
        "Default: a folder in output, for many results.",
        rich_help_panel=PANEL,
    ),
]


@dataclass(frozen=True, slots=True)
class BatchAsked:
    """What is asked of all prompts.

    Attributes:
        plan: what each is decoded by.
        output: what is printed.
        folder: where results are kept, if the user named a place.
    """

    plan: BatchPlan
    output: BatchOutput
    folder: str | None


@dataclass(frozen=True, slots=True)
class BatchWish:
    """The options that ask for many results, as they were given."""

    thresholds: str | None
    batch_size: int | None
    output_dir: str | None

    def asks(self, *, many: bool) -> bool:
        """Whether results are to be kept line by line; `many` prompts are anyway.

        Raises:
            IneffectiveSettingError: for a batch size where there is one result.
            InvalidValueError: for a folder without a name.
        """
        if self.batch_size is not None and not (many or self.thresholds is not None):
            message = (
                "batch_size would have no effect on one result; it needs --thresholds, or many "
                "prompts in --prompt-file FILE.jsonl"
            )
            raise IneffectiveSettingError(message)
        require_named("--output-dir", self.output_dir)
        return many or (self.thresholds, self.output_dir) != (None, None)

    def plan(self, settings: Mapping[str, object], output: BatchOutput, chat: Chat) -> BatchAsked:
        """Return what they and the settings ask of all prompts.

        Raises:
            InvalidValueError: for what is wrong, alone or together.
        """
        plan = BatchPlan(
            settings=settings,
            thresholds=() if self.thresholds is None else _numbers(self.thresholds),
            texts=output.texts,
            ranking=output.ranking,
            samples=output.samples,
            together=TOGETHER if self.batch_size is None else self.batch_size,
            chat=chat,
        )
        return BatchAsked(plan, output, self.output_dir)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError as error:
        message = (
            f"thresholds is {text!r}; give numbers in [0, 1] with commas between them, such as "
            "0.01,0.05,0.1"
        )
        raise InvalidValueError(message) from error
