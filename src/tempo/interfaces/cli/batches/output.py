"""What the options of output mean for results that are kept line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tempo.application.n_best import Ranking
from tempo.domain.errors import IneffectiveSettingError
from tempo.interfaces.cli.named_places import require_named
from tempo.interfaces.cli.observing.options import observing
from tempo.interfaces.cli.output import Format, OutputChoices

if TYPE_CHECKING:
    from collections.abc import Mapping

PRINTING = (
    "format",
    "show_token_ids",
    "echo",
    "json_output_file",
    "save_visualization",
    "verbose",
)
"""Options that shape what is printed or drawn of one run."""

LOGGING = ("debug_mode", "log_file")
"""Ways to look at a run that many prompts have too."""


@dataclass(frozen=True, slots=True)
class BatchOutput:
    """What is kept of each prompt, and what is printed.

    Attributes:
        texts: how many best texts are kept.
        ranking: in which order they stand.
        samples: how many texts are drawn from the posterior.
        as_json: whether the lines are printed.
        lattices: the folder that lattices are saved in, if they are.
    """

    texts: int
    ranking: Ranking
    samples: int
    as_json: bool
    lattices: str | None


def batch_output(chosen: Mapping[str, Any], settings: Mapping[str, object]) -> BatchOutput:
    """Judge what was chosen; the settings tell whether a seed was named.

    Raises:
        IneffectiveSettingError: for an option that is about one run.
        InvalidValueError: for numbers outside their range.
    """
    require_named("--save-lattice", chosen["save_lattice"])
    looks = chosen["looks"]
    _refuse({name: chosen[name] for name in PRINTING}, "hold each text in its forms; leave it out")
    watching = {name: value for name, value in looks.items() if name not in LOGGING}
    _refuse(watching, "come of runs that share their passes: ask it of one prompt")
    observing(**{name: looks[name] for name in LOGGING})
    choices = OutputChoices(
        format=Format.CLEAN,
        n_best=chosen["n_best"],
        ranking=Ranking(chosen["length_penalty"], chosen["diverse"]),
        sample=chosen["sample"],
        show_token_ids=False,
        echo=False,
        as_json=True,
        seeded="seed" in settings,
        searches=settings.get("use_mcts") is True,
    )
    return BatchOutput(
        choices.texts,
        choices.ranking,
        choices.sample,
        chosen["output_json"],
        chosen["save_lattice"],
    )


def _refuse(alone: Mapping[str, object], reason: str) -> None:
    """Refuse options that are about one run, where one of them was chosen.

    Raises:
        IneffectiveSettingError: with the reason.
    """
    for name, value in alone.items():
        if value not in (None, False, Format.CLEAN):
            message = f"{name} would have no effect: results that are kept line by line {reason}"
            raise IneffectiveSettingError(message)
