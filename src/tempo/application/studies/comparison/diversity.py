"""How different several texts are, by their words."""

from __future__ import annotations

import math
import re
import zlib
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
    Up to four words, or as many as a text has; no smoothing but sacrebleu's own (`exp`).

    Raises:
        InvalidValueError: if sacrebleu is not installed.
    """
    lines = [" ".join(words) for words in texts if words]
    if len(lines) < 2:  # noqa: PLR2004 - one and another
        return math.nan
    require_sacrebleu()
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415 - optional

    bleu = BLEU(tokenize="none", effective_order=True)
    scores = [
        bleu.sentence_score(line, lines[:number] + lines[number + 1 :]).score
        for number, line in enumerate(lines)
    ]
    return min(100.0, sum(scores) / len(scores))


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
