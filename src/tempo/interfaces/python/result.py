"""What a generation gives back."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tempo.application.n_best import Ranking, tried_texts
from tempo.application.records.record import Provenance, record_of
from tempo.domain.errors import InvalidValueError
from tempo.domain.text import bracketed_text, raw_text
from tempo.infrastructure.container import identity_of
from tempo.interfaces.python.lattice import Lattice
from tempo.interfaces.python.own_rules import is_repeatable
from tempo.interfaces.python.uncertainty import Uncertainty

if TYPE_CHECKING:
    from tempo.application.decoding.cost import Cost
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.n_best import NBestText
    from tempo.application.settings.settings import Settings
    from tempo.domain.measures.equivalence import Equivalence
    from tempo.domain.measures.summary import Measures
    from tempo.domain.pruning.tally import PruningTally
    from tempo.domain.search.report import SearchReport
    from tempo.domain.stopping import FinishReason
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.container import Container


class Result:
    """One generation: its text, its lattice, and what can be asked of them.

    Attributes:
        text: the best path, clean: the continuation without the prompt.
        prompt: what was asked, None for a prompt given as tokens.
        prompt_ids, best_path_ids: tokens of the prompt and of the best path (its end token
            included).
        finished: whether the best path ends in an end token or a stop string.
        finish_reason: why the run ended.
        finished_mass: share of the finished hypotheses, in [0, 1].
        cost: what it took.
        pruning: what was pruned, summed up; `lattice.decisions` holds each decision. All zero for a
            run that was not to prune.
        search: what a tree search found and took; None for a run without `use_mcts`.
        settings: what it ran under.

    Examples:
        >>> import tempo
        >>> result = tempo.load().generate("The little fox walked through the", max_steps=4)
        >>> print(result.bracketed)
         [forest/woods][,/ and/ with/.] [his/He] saw
        >>> result.sample(2, seed=7)
        (' forest. He saw', ' forest. He saw')
        >>> round(result.uncertainty.mean_entropy, 1)
        3.9
        >>> result.finish_reason.value
        'max_steps'
    """

    def __init__(
        self, outcome: Outcome, settings: Settings, container: Container, prompt: str | None
    ) -> None:
        """Wrap what a run left."""
        self._outcome = outcome
        self._container = container
        self.settings = settings
        self.prompt = prompt
        self.text: str = outcome.text
        self.prompt_ids: tuple[TokenId, ...] = outcome.lattice.prompt_ids
        self.best_path_ids: tuple[TokenId, ...] = outcome.best_path_ids
        self.finished: bool = outcome.finished
        self.finish_reason: FinishReason = outcome.reason
        self.finished_mass: float = outcome.finished_mass
        self.cost: Cost = outcome.cost
        self.pruning: PruningTally = outcome.pruning
        self.search: SearchReport | None = outcome.search

    @cached_property
    def lattice(self) -> Lattice:
        """All steps with their candidates and transitions, and where they come from."""
        lattice = self._outcome.lattice
        return Lattice(
            lattice.prompt_ids,
            lattice.steps,
            lattice.decisions,
            self._outcome.best,
            self._provenance,
            histories=lattice.histories,
        )

    @property
    def _provenance(self) -> Provenance:
        return Provenance(
            prompt=self.prompt,
            settings=self._known_settings,
            stop=self._outcome.request.stopping.stop,
            model=identity_of(self._container),
            finish_reason=self.finish_reason,
            steered=self._outcome.steered,
            committed=len(self._outcome.request.committed),
            settled=self._outcome.settled,
        )

    @property
    def _known_settings(self) -> dict[str, object] | None:
        """What the run can be repeated by; None where a rule of the caller's own decided."""
        repeatable = is_repeatable(self._outcome.request, self.settings)
        return self.settings.as_mapping() if repeatable else None

    @property
    def prunes(self) -> bool:
        """Whether the run was to prune, before tokens are kept or after."""
        request = self._outcome.request
        return request.strategy is not None or request.retroactive is not None

    @property
    def bracketed(self) -> str:
        """The text with every step of several tokens as `[park/garden]`.

        A token that was pruned carries `~`, one that stays although no later token sees it `^`.
        """
        return bracketed_text(self._shown_steps)

    @property
    def bracketed_survivors(self) -> str:
        """The bracketed text without what was pruned."""
        return bracketed_text(self._shown_steps, pruned=False)

    @property
    def raw(self) -> str:
        """All physical tokens decoded in order, siblings one after another."""
        return raw_text(self.lattice.steps)

    @property
    def uncertainty(self) -> Uncertainty:
        """Per step of the shown path: entropy, width, posterior of the shown token."""
        return Uncertainty(self.lattice, self._outcome.best)

    @property
    def _shown_steps(self) -> tuple[Any, ...]:
        return self.lattice.steps[: len(self._outcome.best)]

    @property
    def _stops(self) -> tuple[bytes, ...]:
        return self._outcome.request.stopping.stop_bytes

    def n_best(
        self, count: int = 5, *, length_penalty: float = 0.0, diverse: float = 0.0
    ) -> tuple[NBestText, ...]:
        """Return the best distinct texts with exact scores, best first.

        `result.text` is the path that streamed; the first of these is the best after rescoring,
        and may be another. Ranked by log-probability over length^`length_penalty`. `diverse` picks
        texts that differ: each loses so many nats, times the largest share of its token pairs that
        a text picked before it holds too. Of a tree search, these are the texts that it tried,
        ranked by `value`.

        Raises:
            InvalidValueError: for a count under 1, a penalty that is not finite, a negative
                `diverse`, or either of them for a tree search.
        """
        ranking = Ranking(length_penalty, diverse)
        if self.search is not None:
            return tried_texts(self.search, count, ranking)
        return self._container.n_best().run(self._outcome.lattice, count, self._stops, ranking)

    def sample(self, count: int = 1, *, seed: int | None = None) -> tuple[str, ...]:
        """Draw texts from the lattice's posterior, with replacement.

        `seed` is the settings' own where it is left out.

        Raises:
            InvalidValueError: for a count under 1 or a run without steps.
        """
        return self._outcome.drawn(count, self.settings.seed if seed is None else seed)

    def measures(self, n: int = 10, equivalence: Equivalence | None = None) -> Measures:
        """Return how uncertain the run is, over its `n` best texts.

        `equivalence` tells whether two texts mean the same; without one, texts do that differ at
        most in case, white space and punctuation.

        Raises:
            InvalidValueError: for an `n` under 1, or an equivalence that cannot be called.
        """
        return self._container.measure().run(self._outcome, n, equivalence)

    def as_mapping(
        self, n_best: int = 0, *, length_penalty: float = 0.0, diverse: float = 0.0
    ) -> dict[str, Any]:
        """Return everything as plain data for JSON, with `n_best` texts."""
        wanted = n_best and self.lattice.steps
        texts = (
            self.n_best(n_best, length_penalty=length_penalty, diverse=diverse) if wanted else ()
        )
        return {
            "prompt": self.prompt,
            "prompt_ids": list(self.prompt_ids),
            "text": self.text,
            "bracketed": self.bracketed,
            "raw": self.raw,
            "best_path_ids": list(self.best_path_ids),
            "best_path": list(self._outcome.best),
            "finished": self.finished,
            "finish_reason": self.finish_reason.value,
            "finished_mass": self.finished_mass,
            "n_best": [_text_mapping(text) for text in texts],
            "cost": _cost_mapping(self.cost),
            "pruning": asdict(self.pruning),
            "search": None if self.search is None else self.search.as_mapping(),
            "settings": self.settings.as_mapping(),
            "model": asdict(identity_of(self._container)),
            "lattice": self._container.lattice_file().document(
                record_of(self.lattice, self.lattice.best, self.lattice.provenance)
            ),
        }

    def __repr__(self) -> str:
        return f"Result({self.text!r}, steps={len(self.lattice)}, {self.finish_reason.value})"

    def _repr_html_(self) -> str:
        """Return the text tinted where the model hesitates, for a notebook."""
        return self.uncertainty._repr_html_()


def _text_mapping(text: NBestText) -> dict[str, Any]:
    return {
        "text": text.text,
        "token_ids": list(text.token_ids),
        "log_probability": text.log_probability,
        "mean_log_probability": text.mean_log_probability,
        "text_log_probability": text.text_log_probability,
        "share": text.share,
        "finished": text.finished,
        "value": text.value,
    }


def _cost_mapping(cost: Cost) -> dict[str, Any]:
    return {
        "passes": cost.passes,
        "token_rows": cost.token_rows,
        "cache_rows": cost.cache_rows,
        "peak_cache_rows": cost.peak_cache_rows,
        "released_rows": cost.released_rows,
        "milliseconds": cost.milliseconds,
    }


def lattice_of(given: object) -> Lattice:
    """Return a lattice, or that of a result.

    Raises:
        InvalidValueError: for what is neither.
    """
    found = given.lattice if isinstance(given, Result) else given
    if not isinstance(found, Lattice):
        message = (
            f"{given!r} is no lattice; give result.lattice, or open a file with tempo.Lattice.open"
        )
        raise InvalidValueError(message)
    return found
