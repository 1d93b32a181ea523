"""What `tempo generate` prints, and in which order."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.text import Text

from tempo.application.n_best import Ranking
from tempo.domain.errors import ContradictionError, IneffectiveSettingError, InvalidValueError
from tempo.domain.events import TextSettled
from tempo.interfaces.cli import rendering
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.pruning_lines import tally_line

if TYPE_CHECKING:
    from rich.console import Console

    from tempo.domain.events import Event
    from tempo.interfaces.python.result import Result

N_BEST = 5


class Format(StrEnum):
    """How a result is printed."""

    CLEAN = "clean"
    BRACKETED = "bracketed"
    RAW = "raw"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class OutputChoices:
    """What a user wants to see.

    Attributes:
        format: which of the texts.
        n_best: how many best texts; None is the format's default.
        ranking: in which order they stand.
        sample: how many texts drawn from the posterior.
        show_token_ids: whether each token's id stands behind it.
        echo: whether the prompt stands before the text.
        as_json: whether one JSON document is all that is printed.
        seeded: whether the user named a seed.
        searches: whether the run decides by tree search.
        verbose: whether each decision of pruning is said as it falls.
    """

    format: Format
    n_best: int | None
    ranking: Ranking
    sample: int
    show_token_ids: bool
    echo: bool
    as_json: bool
    seeded: bool
    searches: bool
    verbose: bool = False

    def __post_init__(self) -> None:
        if self.n_best is not None and self.n_best < 1:
            message = f"n_best is {self.n_best}; it must be 1 or more"
            raise InvalidValueError(message)
        if self.sample < 0:
            message = f"sample is {self.sample}; it must be 0 or more"
            raise InvalidValueError(message)
        if self.searches and self.ranking != Ranking():
            message = f"{self._ranked_by} would have no effect: a search ranks texts by value"
            raise IneffectiveSettingError(message)
        if self.as_json:
            self._refuse_beside_json()
        elif self.ranking != Ranking() and not self.texts:
            message = f"{self._ranked_by} would have no effect: it needs --n-best or --format all"
            raise IneffectiveSettingError(message)
        if self.seeded and not (self.sample or self.searches):
            message = (
                "seed would have no effect: decoding draws nothing; it needs --sample or --use-mcts"
            )
            raise IneffectiveSettingError(message)

    @property
    def _ranked_by(self) -> str:
        return "length_penalty" if self.ranking.length_penalty else "diverse"

    def _refuse_beside_json(self) -> None:
        beside = {
            "--format": self.format is not Format.CLEAN,
            "--show-token-ids": self.show_token_ids,
            "--echo": self.echo,
        }
        for name, chosen in beside.items():
            if chosen:
                message = f"{name} excludes --output-json, whose document holds all of it"
                raise ContradictionError(message)

    @property
    def texts(self) -> int:
        """How many best texts are shown."""
        default = N_BEST if self.as_json or self.format is Format.ALL else 0
        return default if self.n_best is None else self.n_best

    @property
    def streams(self) -> bool:
        """Whether the clean text is printed as it settles."""
        shows_clean = self.format in {Format.CLEAN, Format.ALL}
        return shows_clean and not self.as_json and not self.show_token_ids


class Output:
    """Prints one run: its text while it settles, the rest once it has ended."""

    def __init__(self, choices: OutputChoices, console: Console, prompt: str) -> None:
        """Print to a console. Text streams to pipes; on a terminal the progress display has it.

        Where decisions are said meanwhile it waits for the end: a pipe may hold both.
        """
        self._choices = choices
        self._console = console
        self._lead = prompt if choices.echo else ""
        self._streaming = choices.streams and not (console.is_terminal or choices.verbose)
        self._written: str | None = None

    def watch(self, event: Event) -> None:
        """Take an event in."""
        if isinstance(event, TextSettled):
            self.settle(event.text)

    def settle(self, text: str) -> None:
        """Write settled text where it streams."""
        if not self._streaming:
            return
        if self._written is None:
            self._heading("best text")
            self._write(self._lead)
            self._written = ""
        self._write(text)
        self._written += text

    def finish(self, result: Result) -> None:
        """Print all that has not been printed yet."""
        if self._choices.as_json:
            json.dump(self.document(result), sys.stdout)
            self._write("\n")
            return
        if self._streaming:
            self.settle(result.text[len(self._written or "") :])
            self._write("\n")
        else:
            self._print_text(result)
        if self._choices.format is Format.ALL:
            self._section("bracketed")
            self._print_bracketed(result)
        self._print_lists(result)

    def document(self, result: Result) -> dict[str, object]:
        """Return the JSON document of a result."""
        document = result.as_mapping(self._choices.texts or N_BEST, **self._ranking)
        if self._choices.sample and result.best_path_ids:
            document["samples"] = list(result.sample(self._choices.sample))
        return document

    @property
    def _ranking(self) -> dict[str, float]:
        return asdict(self._choices.ranking)

    def _print_text(self, result: Result) -> None:
        self._heading("best text")
        self._write(self._lead)
        show_ids = self._choices.show_token_ids
        match self._choices.format:
            case Format.BRACKETED:
                self._print_bracketed(result)
            case Format.RAW:
                raw = rendering.raw_with_ids(result.lattice) if show_ids else result.raw
                self._write(raw + "\n")
            case _:
                text = rendering.clean_with_ids(result.lattice) if show_ids else result.text
                self._write(text + "\n")

    def _print_bracketed(self, result: Result) -> None:
        """Print with colours on a terminal; elsewhere character for character as Python has it."""
        show_ids = self._choices.show_token_ids
        if self._console.is_terminal or show_ids:
            self._console.print(rendering.bracketed(result.lattice, show_ids=show_ids))
        else:
            self._write(result.bracketed + "\n")

    def _print_lists(self, result: Result) -> None:
        texts = self._choices.texts
        if texts and result.best_path_ids:
            found = result.n_best(texts, **self._ranking)
            values = [one.value for one in found if one.value is not None]
            self._section(f"{len(found)} best")
            if self._console.is_terminal:
                self._console.print(rendering.n_best_table(found, values))
            else:
                self._write("\n".join(rendering.n_best_lines(found, values)) + "\n")
        if self._choices.sample and result.best_path_ids:
            self._section(f"{self._choices.sample} sampled")
            for text in result.sample(self._choices.sample):
                self._write(rendering.one_line(text) + "\n")
        if self._choices.format is Format.ALL:
            if result.search is not None:
                self._section("search")
                self._write(rendering.search_line(result.search) + "\n")
            if result.prunes:
                self._section("pruning")
                self._write(tally_line(result.pruning) + "\n")
            self._section("cost")
            self._write(rendering.cost_line(result) + "\n")

    def _heading(self, title: str) -> None:
        if self._choices.format is Format.ALL:
            self._console.print(Text(f"{title}:", style="bold dim"))

    def _section(self, title: str) -> None:
        self._write("\n")
        self._console.print(Text(f"{title}:", style="bold dim"))

    def _write(self, text: str) -> None:
        """Write text; to a terminal, nothing but what can be read."""
        if self._console.is_terminal:
            text = readable(text)
        sys.stdout.write(text)
        sys.stdout.flush()
