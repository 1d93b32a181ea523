"""Words of the predecessor that are no settings here, and what took their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Replaced:
    """A word that nothing here answers to.

    Attributes:
        takes_value: whether it stood before a value, or was a switch.
        instead: what to do now, as the end of a sentence.
    """

    takes_value: bool
    instead: str

    def sentence(self, shown: str) -> str:
        """Return what a user of the word is told."""
        return f"{shown} is of the predecessor; {self.instead}"


_CAPTURE = "tempo experiment capture keeps attention, logits, positions and states of a run"

REPLACED: Mapping[str, Replaced] = {
    "cpu": Replaced(takes_value=False, instead="say --device cpu"),
    "disable_kv_cache": Replaced(
        takes_value=False,
        instead="leave it out: the cache is what TEMPO decodes in, and a law holds it equal to "
        "decoding without",
    ),
    "disable_kv_cache_consistency": Replaced(
        takes_value=False, instead="leave it out: what is pruned always leaves the cache"
    ),
    "no_preserve_isolated_tokens": Replaced(
        takes_value=False,
        instead="leave it out: pruning judges isolated tokens too, and --complete-pruning-mode "
        "says what becomes of a step",
    ),
    "threshold_sweep": Replaced(
        takes_value=False, instead="say --thresholds 0.01,0.05,0.1, which sweeps by itself"
    ),
    "run_both_modes": Replaced(
        takes_value=False, instead="tempo compare runs TEMPO beside other methods"
    ),
    "capture_attention": Replaced(takes_value=False, instead=_CAPTURE),
    "capture_logits": Replaced(takes_value=False, instead=_CAPTURE),
    "capture_kv_cache": Replaced(takes_value=False, instead=_CAPTURE),
    "capture_rope_positions": Replaced(takes_value=False, instead=_CAPTURE),
    "attention_output_file": Replaced(takes_value=True, instead=_CAPTURE),
    "logits_output_file": Replaced(takes_value=True, instead=_CAPTURE),
    "rope_positions_file": Replaced(takes_value=True, instead=_CAPTURE),
}
"""By word: flags of either of its periods and keys of its files."""

NOTES = ("description", "experiment_name")
"""Keys that say to people what a file is for."""
