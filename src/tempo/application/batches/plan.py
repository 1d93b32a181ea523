"""What a batch asks of each of its prompts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.batches.items import BatchItem
from tempo.application.decoding.many import AT_ONCE
from tempo.application.n_best import Ranking
from tempo.application.settings.reading import read_settings
from tempo.domain.errors import ContradictionError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.batches.items import Item
    from tempo.application.settings.settings import Settings

SWEPT = "selection_threshold"


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat that each prompt of a batch is a turn of, if any.

    Attributes:
        system: the system prompt.
        chat: whether the model's chat template is used.
        enable_thinking: whether its thinking mode is asked for.
    """

    system: str | None = None
    chat: bool = False
    enable_thinking: bool = False


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What each prompt is decoded by, and what is kept of it.

    Attributes:
        settings: by name, as the user gave them; a prompt may have others over them.
        thresholds: of selection, each of which decodes each prompt; none is the settings' own.
        texts: how many best texts are kept.
        ranking: in which order they stand.
        samples: how many texts are drawn from the posterior.
        together: how many are decoded in passes that they share.
        chat: what prompts are put into.

    Raises:
        InvalidValueError: for a number outside its range, or settings that are wrong.
        ContradictionError: for thresholds beside a threshold.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    thresholds: tuple[float, ...] = ()
    texts: int = 5
    ranking: Ranking = field(default_factory=Ranking)
    samples: int = 0
    together: int = 8
    chat: Chat = field(default_factory=Chat)

    def __post_init__(self) -> None:
        if not 1 <= self.together <= AT_ONCE:
            message = f"batch_size is {self.together}; it must be from 1 to {AT_ONCE}"
            raise InvalidValueError(message)
        if len(set(self.thresholds)) < len(self.thresholds):
            named = ",".join(f"{one:g}" for one in self.thresholds)
            message = f"thresholds is {named}; name each of them once"
            raise InvalidValueError(message)
        for threshold in self.thresholds or (None,):
            self.asked_of({}, threshold)

    def jobs(self, items: Sequence[Item]) -> tuple[Job, ...]:
        """Return what is to be decoded, in order: each prompt under each threshold."""
        return tuple(
            Job(index, item, threshold)
            for index, item in enumerate(items)
            for threshold in self.thresholds or (None,)
        )

    def asked_of(self, own: Mapping[str, object], threshold: float | None) -> Settings:
        """Return the settings that a prompt with some of its own is decoded by.

        Raises:
            InvalidValueError: for settings that are wrong, alone or together.
        """
        settings = read_settings(own, read_settings(self.settings))
        if threshold is None:
            return settings
        if settings.names(SWEPT):
            message = (
                f"thresholds and {SWEPT} {settings.selection_threshold:g} exclude each other; "
                "leave one of them out"
            )
            raise ContradictionError(message)
        return read_settings({SWEPT: threshold}, settings)


@dataclass(frozen=True, slots=True)
class Job:
    """One prompt under one threshold.

    Attributes:
        index: the prompt's place among those of the batch, from 0 on.
        item: the prompt, or the line that holds none.
        threshold: of selection; None where the settings say it.
    """

    index: int
    item: Item
    threshold: float | None

    @property
    def facts(self) -> dict[str, object]:
        """What tells this job from others, for its line of the results."""
        item = self.item
        if not isinstance(item, BatchItem):
            return {"index": self.index, "line": item.number}
        own = {"settings": dict(item.settings)} if item.settings else {}
        known = {"references": list(item.prompt.references)} if item.prompt.references else {}
        return {
            "index": self.index,
            "line": item.line,
            "id": item.name,
            "prompt": item.prompt.text,
            **known,
            **own,
        }

    @property
    def file_name(self) -> str:
        """The name of a file that holds something of this job alone."""
        swept = "" if self.threshold is None else f"-{self.threshold!r}"
        return f"{self.index:06}{swept}.json"
