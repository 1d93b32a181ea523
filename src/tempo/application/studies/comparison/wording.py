"""What the figures of a comparison are called, and how they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.application.studies.comparison.figures import Setting
    from tempo.application.studies.intervals import Estimate


@dataclass(frozen=True, slots=True)
class Label:
    """One metric in words.

    Attributes:
        title: a short name, its unit in it.
        form: how numbers are written.
        scale: what they are multiplied by before.
    """

    title: str
    form: str
    scale: float = 1.0

    def written(self, value: float) -> str:
        """Return a number; - where it is undefined."""
        return "-" if math.isnan(value) else f"{value * self.scale:{self.form}}"

    def with_interval(self, estimate: Estimate) -> str:
        """Return a mean with its interval."""
        if math.isnan(estimate.value):
            return "-"
        low, high = self.written(estimate.low), self.written(estimate.high)
        return f"{self.written(estimate.value)} [{low}, {high}]"

    @property
    def signed(self) -> Label:
        """The same for differences."""
        return replace(self, form="+" + self.form)


LABELS = {
    "best_log_probability": Label("best text, nats a token", ".3f"),
    "mean_log_probability": Label("all texts, nats a token", ".3f"),
    "grader_best_log_probability": Label("best text, grader's nats a token", ".3f"),
    "grader_mean_log_probability": Label("all texts, grader's nats a token", ".3f"),
    "coverage": Label("coverage", ".3f"),
    "exact_match": Label("exact match", ".3f"),
    "normalised_match": Label("normalised match", ".3f"),
    "texts": Label("texts", ".1f"),
    "unique": Label("unique", ".3f"),
    "finished": Label("finished", ".3f"),
    "tokens": Label("tokens a text", ".1f"),
    "words": Label("words compared", ".1f"),
    "distinct_1": Label("distinct-1", ".3f"),
    "distinct_2": Label("distinct-2", ".3f"),
    "distinct_3": Label("distinct-3", ".3f"),
    "self_bleu": Label("self-BLEU", ".1f"),
    "compression_ratio": Label("compression ratio", ".2f"),
    "repetition": Label("repetition", ".3f"),
    "forward_passes": Label("forward passes", ",.1f"),
    "token_rows": Label("token rows", ",.0f"),
    "cache_row_reads": Label("cache row reads", ",.0f"),
    "milliseconds": Label("milliseconds", ",.0f"),
    "peak_bytes": Label("peak memory, MB", ",.1f", 1e-6),
}

NOTES = {
    "log-probability": "mean over prompts of the best text's, or of all texts' mean, in nats per "
    "token under the plain model; the grader's own tokens under the grader",
    "coverage": "share of prompts where one of the texts, normalised as SQuAD does (lower case, no "
    "ASCII punctuation, no articles), gives a reference",
    "exact and normalised match": "the same of the first text, letter by letter or normalised",
    "unique": "different texts as a share of those asked for",
    "distinct-n": "different runs of n words of a prompt's texts as a share of all their runs",
    "self-BLEU": "sacrebleu's sentence BLEU of each text against the prompt's others, 0 to 100; "
    "more is less diverse",
    "compression ratio": "bytes of a prompt's texts over their bytes after DEFLATE; more is less "
    "diverse",
    "repetition": "share of a text's runs of four words that it had before",
    "words compared": "diversity is judged by the first words of each text: as many for all "
    "methods as the shortest text has, texts of less than half a word a step left out of that",
    "cost": "of one prompt, its own pass among it; scoring texts afterwards is not counted",
}
"""What the metrics mean, for those who read a report alone."""


def setting_title(setting: Setting) -> str:
    """Return what all methods were asked at a setting."""
    texts = "1 text" if setting.count == 1 else f"{setting.count} texts"
    return f"{texts} of at most {setting.max_steps} tokens"


def chance(p_value: float) -> str:
    """Return a p-value."""
    if math.isnan(p_value):
        return ""
    return "p < 0.001" if p_value < 1e-3 else f"p = {p_value:.3f}"  # noqa: PLR2004 - three digits
