"""What a comparison notes of one method on one prompt."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class AskedPrompt:
    """A prompt and, where they are known, its right continuations."""

    text: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """What all methods were asked alike: texts for a prompt, and the most tokens of each."""

    count: int
    max_steps: int


@dataclass(frozen=True, slots=True)
class Cell:
    """Where figures stand: a method by name, under one setting."""

    method: str
    setting: Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One method on one prompt; what is undefined is NaN.

    Log-probabilities are in nats per token. Of texts without tokens they are undefined, and of a
    grader where there is none. Answers are undefined without references. Diversity is that of the
    texts' first `words` words, the same for all methods at a prompt and a setting; it is undefined
    for one text where several were asked for, since fewer words repeat less.

    Attributes:
        best_log_probability: of the best of the texts, at most 0.
        mean_log_probability: over the texts.
        grader_best_log_probability: of the text that the grader finds best, per grader's token.
        grader_mean_log_probability: over the texts.
        coverage: 1 if one of the texts, normalised, gives a reference; else 0.
        exact_match: 1 if the first text gives a reference, letter by letter; else 0.
        normalised_match: 1 if the first text, normalised, gives a reference; else 0.
        texts: texts returned.
        unique: different ones among them, as a share of those asked for, in [0, 1].
        finished: share of the texts that ended by themselves, in [0, 1].
        tokens: of a text, the mean.
        words: how many words of each text its diversity is judged by.
        distinct_1: different words of all texts together, as a share of all, in [0, 1].
        distinct_2: the same of pairs of neighbouring words.
        distinct_3: the same of runs of three.
        self_bleu: BLEU of each text against the others, the mean, in [0, 100].
        compression_ratio: bytes of all texts over their bytes compressed; more is less diverse.
        repetition: share of a text's runs of four words that it had before, the mean, in [0, 1].
        forward_passes: calls of the model.
        token_rows: rows that went through it.
        cache_row_reads: rows of the cache that they read.
        milliseconds: wall time.
        peak_bytes: memory beyond the model's own.
    """

    best_log_probability: float
    mean_log_probability: float
    grader_best_log_probability: float
    grader_mean_log_probability: float
    coverage: float
    exact_match: float
    normalised_match: float
    texts: float
    unique: float
    finished: float
    tokens: float
    words: float
    distinct_1: float
    distinct_2: float
    distinct_3: float
    self_bleu: float
    compression_ratio: float
    repetition: float
    forward_passes: float
    token_rows: float
    cache_row_reads: float
    milliseconds: float
    peak_bytes: float


METRICS = tuple(entry.name for entry in fields(Figures))

QUALITIES = METRICS[:7]
"""More is better."""

COSTS = METRICS[-5:]
"""Less is better."""
