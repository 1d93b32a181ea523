"""How different several texts are, by their words."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]"
)
"""A kana or Han character, a run of other letters and digits, or a mark of punctuation."""

LONG_RUN = 4
"""Words of a run whose coming back is a repetition (seq-rep-4, arXiv 1908.04319)."""

LONGEST_MATCH = 4
"""Words of the longest runs that BLEU compares."""

Words = tuple[str, ...]


def words_of(text: str) -> Words:
    """Return a text's words and marks of punctuation, as they are spelled."""
    return tuple(WORD.findall(text))


def equal_length(texts: Sequence[Words], shortest: int) -> int:
    """Return how many words of each text are compared: as many as the shortest has.

    Texts of fewer than `shortest` words are compared whole and shorten no others.
    """
    return min((len(words) for words in texts if len(words) >= shortest), default=shortest)


def distinct(texts: Sequence[Words], size: int) -> float:
    """Return the different runs of `size` words of all texts as a share of all their runs.

    In [0, 1] (distinct-n, arXiv 1510.03055); NaN where no text has so many words.
    """
    runs = [run for words in texts for run in _runs(words, size)]
    return len(set(runs)) / len(runs) if runs else math.nan


def repetition(texts: Sequence[Words], size: int = LONG_RUN) -> float:
    """Return the share of a text's runs that it had before, its mean over the texts.

    In [0, 1]; texts without a run are left out, NaN where that leaves none.
    """
    shares = [1.0 - distinct([words], size) for words in texts if len(words) >= size]
    return sum(shares) / len(shares) if shares else math.nan


def self_bleu(texts: Sequence[Words]) -> float:
    """Return sacrebleu's sentence BLEU of each text against all others, the mean, in [0, 100].

    Texts without words are left out; NaN where that leaves fewer than two. 100 for equal texts.
    Runs of up to four words, or as many as a text has, smoothed as sacrebleu does by itself. Runs
    are counted here, once for all texts: sacrebleu would count each text's again for each other.

    Raises:
        InvalidValueError: if sacrebleu is not installed.
    """
    spoken = [words for words in texts if words]
    if len(spoken) < 2:  # noqa: PLR2004 - one and another
        return math.nan
    require_sacrebleu()
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415 - optional

    counts = [_run_counts(words) for words in spoken]
    most = _two_most(counts)
    scores = [
        BLEU.compute_bleu(
            *_matches(counts[number], most, number),
            len(words),
            _closest(
                len(words), [len(other) for other in (*spoken[:number], *spoken[number + 1 :])]
            ),
            smooth_method="exp",
            effective_order=True,
        ).score
        for number, words in enumerate(spoken)
    ]
    return min(100.0, math.fsum(scores) / len(scores))


def _run_counts(words: Words) -> Counter[Words]:
    return Counter(run for size in range(1, LONGEST_MATCH + 1) for run in _runs(words, size))


def _two_most(counts: Sequence[Counter[Words]]) -> dict[Words, tuple[int, int, int]]:
    """Return, for each run, how often the text has it that has it most, which, and the next."""
    found: dict[Words, tuple[int, int, int]] = {}
    for number, held in enumerate(counts):
        for run, count in held.items():
            most, owner, next_most = found.get(run, (0, -1, 0))
            if count > most:
                found[run] = (count, number, most)
            else:
                found[run] = (most, owner, max(next_most, count))
    return found


def _matches(
    held: Counter[Words], most: dict[Words, tuple[int, int, int]], number: int
) -> tuple[list[int], list[int]]:
    """Return, by length, how many of a text's runs some other text has too, and how many it has."""
    correct, total = [0] * LONGEST_MATCH, [0] * LONGEST_MATCH
    for run, count in held.items():
        highest, owner, next_highest = most[run]
        correct[len(run) - 1] += min(count, next_highest if owner == number else highest)
        total[len(run) - 1] += count
    return correct, total


def _closest(length: int, others: Sequence[int]) -> int:
    return min(others, key=lambda other: (abs(other - length), other))


def require_sacrebleu() -> None:
    """Refuse, before the work, a measurement that would need what is not there.

    Raises:
        InvalidValueError: if sacrebleu is not installed.
    """
    try:
        import sacrebleu  # noqa: F401, PLC0415 - optional
    except ImportError:
        message = "self-BLEU needs sacrebleu: pip install 'tempo-decoding[compare]'"
        raise InvalidValueError(message) from None


def compression_ratio(texts: Sequence[Words]) -> float:
    """Return the bytes of all texts, one a line, over their bytes after DEFLATE at its hardest.

    NaN where there are no words.
    """
    if not any(texts):
        return math.nan
    content = "\n".join(" ".join(words) for words in texts).encode()
    return len(content) / len(zlib.compress(content, level=9))


def _runs(words: Words, size: int) -> list[Words]:
    return [words[first : first + size] for first in range(len(words) - size + 1)]
