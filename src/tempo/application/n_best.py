"""The n best distinct texts of a lattice, with exact scores."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.rescoring import Rescore
from tempo.domain.diversity import diverse_order
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError
from tempo.domain.paths import require_count
from tempo.domain.stopping import stop_position
from tempo.domain.text import cut_at_stop, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tempo.domain.lattice import Lattice
    from tempo.domain.paths import Path
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.search.report import SearchReport, TriedText
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class NBestText:
    """One complete text of a lattice.

    Attributes:
        text: without end token and without what follows a stop string.
        token_ids: the best of the tokenisations found, its end token among them.
        members: the path through the lattice that it is, one member index a step.
        log_probability: of `token_ids` under the plain model, teacher-forced, in nats.
        text_log_probability: of all tokenisations of this text that the lattice was asked for.
        finished: whether it ends in an end token or a stop string.
        share: `text_log_probability` as a probability among the texts returned with this one;
            those shares sum to 1.
        value: a verifier's, in [0, 1], where a tree search found the text; it is of no path of the
            lattice then.
    """

    text: str
    token_ids: tuple[TokenId, ...]
    members: tuple[int, ...]
    log_probability: float
    text_log_probability: float
    finished: bool
    share: float = 1.0
    value: float | None = None

    @property
    def mean_log_probability(self) -> float:
        """Log-probability per token, in nats."""
        return self.log_probability / len(self.token_ids)

    def penalised(self, length_penalty: float) -> float:
        """Return the score by which texts rank: log-probability over length^penalty.

        transformers' beam search divides by the same power; 0 leaves the log-probability.
        """
        return float(self.log_probability / len(self.token_ids) ** length_penalty)


@dataclass(frozen=True, slots=True)
class Ranking:
    """In which order texts stand, and which are left out.

    Attributes:
        length_penalty: texts rank by log-probability over their length to this power.
        diverse: nats, 0 or more, that a text loses for repeating one that stands before it: so
            many times the share of its token pairs that the other holds too.

    Raises:
        InvalidValueError: for a penalty that is not finite or a negative `diverse`.
    """

    length_penalty: float = 0.0
    diverse: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.length_penalty):
            message = f"length_penalty is {self.length_penalty}; it must be a finite number"
            raise InvalidValueError(message)
        if not (math.isfinite(self.diverse) and self.diverse >= 0.0):
            message = f"diverse is {self.diverse}; it must be a finite number of nats, 0 or more"
            raise InvalidValueError(message)

    def chosen(self, texts: Sequence[NBestText], count: int) -> list[NBestText]:
        """Return up to `count` of the texts, in the order in which they are chosen."""
        ranked = sorted(
            texts, key=lambda text: (-text.penalised(self.length_penalty), text.token_ids)
        )
        order = diverse_order(
            [text.penalised(self.length_penalty) for text in ranked],
            [text.token_ids for text in ranked],
            count,
            self.diverse,
        )
        return [ranked[index] for index in order]


class NBest:
    """Find and rescore the best paths of a lattice, and merge those of one text."""

    def __init__(self, backend: ModelBackend) -> None:
        """Work over the model that made the lattice."""
        self._rescore = Rescore(backend)

    def run(
        self,
        lattice: Lattice,
        count: int,
        stops: tuple[bytes, ...] = (),
        ranking: Ranking | None = None,
    ) -> tuple[NBestText, ...]:
        """Return the `count` best texts, best first; fewer where the lattice has fewer.

        Of max(4 count, 20) paths, exact chains first and then the best by their unrescored
        scores, those are rescored whose scores the lattice estimates; more are fetched while equal
        texts merge.

        Raises:
            InvalidValueError: for a count under 1.
        """
        require_count(count, "texts")
        if not lattice.steps:
            return ()
        paths = _candidates(lattice, count, stops)
        scores = self._scores(lattice, paths)
        texts = _merged(lattice, paths, scores, stops)
        return _with_shares((ranking or Ranking()).chosen(texts, count))

    def _scores(self, lattice: Lattice, paths: Sequence[Path]) -> list[float]:
        """Return exact scores: the lattice's where it has them, the model's for all other paths."""
        known = [lattice.exact_score(path.members) for path in paths]
        asked = [path for path, score in zip(paths, known, strict=True) if score is None]
        if not asked:
            return [score for score in known if score is not None]
        found = iter(self._rescore.run(lattice.prompt_ids, list(map(lattice.token_ids, asked))))
        return [next(found) if score is None else score for score in known]


def tried_texts(report: SearchReport, count: int, ranking: Ranking) -> tuple[NBestText, ...]:
    """Return the `count` best distinct texts that a search tried, by value.

    Complete texts stand before those that the run would have gone on with.

    Raises:
        InvalidValueError: for a count under 1.
        IneffectiveSettingError: for another ranking.
    """
    require_count(count, "texts")
    if ranking != Ranking():
        message = "length_penalty and diverse would have no effect: a search ranks texts by value"
        raise IneffectiveSettingError(message)
    groups: dict[tuple[str, bool], list[TriedText]] = {}
    for one in report.texts:
        groups.setdefault((one.text, one.finished), []).append(one)
    texts = [
        NBestText(
            text=best.text,
            token_ids=best.token_ids,
            members=(),
            log_probability=best.log_probability,
            text_log_probability=float(
                np.logaddexp.reduce([other.log_probability for other in (best, *others)])
            ),
            finished=best.finished,
            value=best.value,
        )
        for best, *others in groups.values()
    ]
    return _with_shares(texts[:count])


def _candidates(lattice: Lattice, count: int, stops: tuple[bytes, ...]) -> tuple[Path, ...]:
    """Return the paths to rescore: more than asked for, and more still while texts merge."""
    wanted = max(4 * count, 20)
    while True:
        paths = lattice.best_paths(wanted)
        ended = _ended_at_stops(lattice, paths, stops)
        if len(paths) < wanted or len({_key(lattice, path, stops) for path in ended}) >= count:
            return ended
        wanted *= 2


def _with_shares(texts: Sequence[NBestText]) -> tuple[NBestText, ...]:
    logs = np.array([text.text_log_probability for text in texts])
    if not np.isfinite(logs).any():
        logs = np.zeros(len(texts))  # the model rules out each of them: none before another
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    return tuple(
        replace(text, share=share) for text, share in zip(texts, shares.tolist(), strict=True)
    )


def _ended_at_stops(
    lattice: Lattice, paths: Iterable[Path], stops: tuple[bytes, ...]
) -> tuple[Path, ...]:
    """Return the paths, each ended where it completes a stop string, each way once.

    A member is finished for its best chain: another path to it may hold no stop string.
    """
    if not stops:
        return tuple(paths)
    ended = (_ended_at_stop(lattice, path, stops) for path in paths)
    return tuple({path.members: path for path in ended}.values())


def _ended_at_stop(lattice: Lattice, path: Path, stops: tuple[bytes, ...]) -> Path:
    content = b""
    for length, candidate in enumerate(lattice.along(path), start=1):
        content += candidate.content
        if stop_position(content, stops) is not None:
            return replace(path, members=path.members[:length], finished=True)
    by_end_token = path.finished and not lattice.along(path)[-1].content
    return replace(path, finished=by_end_token)


def _key(lattice: Lattice, path: Path, stops: tuple[bytes, ...]) -> tuple[bytes, bool]:
    return cut_at_stop(lattice.content(path), stops), path.finished


def _merged(
    lattice: Lattice, paths: Sequence[Path], scores: Sequence[float], stops: tuple[bytes, ...]
) -> list[NBestText]:
    """Return one text for all paths that spell it, best tokenisation first."""
    groups: dict[tuple[bytes, bool], list[tuple[float, Path]]] = {}
    for path, score in zip(paths, scores, strict=True):
        groups.setdefault(_key(lattice, path, stops), []).append((score, path))
    return [
        _text(lattice, content, finished, group) for (content, finished), group in groups.items()
    ]


def _text(
    lattice: Lattice,
    content: bytes,
    finished: bool,  # noqa: FBT001 - a fact, not a mode
    group: Sequence[tuple[float, Path]],
) -> NBestText:
    score, path = max(group, key=lambda scored: scored[0])
    return NBestText(
        text=decoded(content),
        token_ids=lattice.token_ids(path),
        members=path.members,
        log_probability=score,
        text_log_probability=float(np.logaddexp.reduce([other for other, _ in group])),
        finished=finished,
    )
