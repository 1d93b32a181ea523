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
    "output_dir": Replaced(
        takes_value=True,
        instead="--save-lattice and --json-output-file name each file that is written",
    ),
    "save_visualization": Replaced(
        takes_value=False,
        instead="--save-lattice keeps the run, and the Python call result.lattice.plot() draws it",
    ),
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
    "profile": Replaced(
        takes_value=False, instead="tempo bench times steps and says what each phase takes"
    ),
    "use_cprofile": Replaced(
        takes_value=False, instead="run python -m cProfile -m tempo generate ..."
    ),
    "profile_output": Replaced(
        takes_value=True, instead="run python -m cProfile -o FILE -m tempo generate ..."
    ),
    "max_memory_gb": Replaced(
        takes_value=True,
        instead="leave it out: what has no memory is refused with the bytes it needs, and tempo "
        "doctor says what there is",
    ),
    "max_cache_tokens": Replaced(
        takes_value=True,
        instead="say --max-width and --max-steps, which bound the cache; rows that no live path "
        "needs leave it",
    ),
    "threshold_sweep": Replaced(
        takes_value=False,
        instead="tempo compare --tempo selection_threshold=0.05 --tempo selection_threshold=0.1 "
        "holds thresholds side by side",
    ),
    "thresholds": Replaced(
        takes_value=True,
        instead="tempo compare takes one --tempo selection_threshold=P for each",
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
