"""What a consolidation study is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tempo.application.studies.consolidation.eviction import (
    AtRandom,
    ByAttention,
    ByRecency,
    Protection,
)
from tempo.application.studies.consolidation.update import (
    Control,
    HebbianUpdate,
    Matrix,
    MemoryBank,
)
from tempo.application.studies.consolidation.variant import Variant
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import SEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.consolidation.eviction import Eviction

FULL, ATTENTION, RECENCY, RANDOM = "full context", "attention", "recency", "random"
EVICTIONS = (ATTENTION, RECENCY, RANDOM)
DOCUMENTS_WINDOW, DOCUMENTS_ALPHA = 24, 0.01
DOCUMENTS_PROMPT, DOCUMENTS_TOKENS = "Once upon a time", 50
DOCUMENTS = ("window 24, alpha 0", "window 24, alpha 0.01")
"""The two sides of the documents' own condition."""


class Comparison(NamedTuple):
    """One variant less another, over the same documents."""

    one: str
    other: str


class Rate(NamedTuple):
    """How strong an update is: its alpha, and whether the outer product is normalised."""

    alpha: float
    normalised: bool = True

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.alpha:g}" if self.normalised else f"{self.alpha:g} raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolidationPlan:
    """The window, what becomes of tokens that leave it, and how much is measured.

    Attributes:
        window: how many tokens are live at most.
        rows: how many tokens of a text are read in one pass.
        protection: who never leaves.
        decay: what is left of a token's importance after each row.
        eviction: who leaves first where there are updates or a bank; without them it is alpha = 0,
            what they are held against.
        rates: of the updates.
        matrices: which projections take an update together; each group is a variant.
        layers: which layers take it; None for all.
        top_k: how many of a memory bank's are retrieved; each is a variant, None for all.
        length: tokens of a passage that is read.
        facts: texts with a planted fact; 0 for none.
        prompts: passages that are written on; 0 for none.
        prompt: so many of their tokens are the prompt.
        keep_prompt: whether the prompt of a text that is written never leaves.
        steps: so many tokens are written.
        own: whether the documents' own condition is repeated.
        seed: of all draws.
    """

    window: int = 32
    rows: int = 8
    protection: Protection = field(default_factory=lambda: Protection(first=4, recent=8))
    decay: float = 0.99
    eviction: str = ATTENTION
    rates: tuple[Rate, ...] = (Rate(0.001), Rate(0.01))
    matrices: tuple[tuple[Matrix, ...], ...] = (
        (Matrix.KEY,),
        (Matrix.VALUE,),
        (Matrix.KEY, Matrix.VALUE),
        (Matrix.OUTPUT,),
    )
    layers: tuple[int, ...] | None = None
    top_k: tuple[int | None, ...] = (8,)
    length: int = 128
    facts: int = 200
    prompts: int = 200
    prompt: int = 24
    keep_prompt: bool = False
    steps: int = 40
    own: bool = True
    seed: int = 42

    def __post_init__(self) -> None:
        for name, least in (("facts", 0), ("prompts", 0), ("steps", 4), ("prompt", 1)):
            if getattr(self, name) < least:
                message = f"{name} is {getattr(self, name)}; it must be {least} or more"
                raise InvalidValueError(message)
        if self.eviction not in EVICTIONS:
            message = f"eviction is {self.eviction!r}; choose one of {', '.join(EVICTIONS)}"
            raise InvalidValueError(message)
        if self.length <= self.window + 1:
            message = (
                f"length is {self.length}; it must be {self.window + 2} or more, so that tokens "
                f"leave a window of {self.window}"
            )
            raise InvalidValueError(message)
        if self.prompt >= self.length:
            message = f"prompt is {self.prompt}; it must be less than the length, {self.length}"
            raise InvalidValueError(message)
        if len({variant.name for variant in self.variants}) < len(self.variants):
            message = "two variants are the same; give each alpha, matrices and top-k once"
            raise InvalidValueError(message)
        if self.keep_prompt:
            self.written(self.variants[1])

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All ways to run the window; the first is the plain model."""
        plain = Variant(name=FULL, window=None, rows=self.rows)
        return (
            plain,
            *(self._variant(name, eviction=name) for name in EVICTIONS),
            *(self._variant(name, update=update) for name, update in self._updates()),
            *(self._variant(bank_name(top_k), bank=MemoryBank(top_k)) for top_k in self.top_k),
        )

    @property
    def recalled(self) -> tuple[Variant, ...]:
        """The variants that are asked for facts: controls only of the most matrices at once."""
        return tuple(
            variant
            for variant in self.variants
            if variant.update is None
            or variant.update.control is Control.NONE
            or variant.update.matrices == self._widest
        )

    @property
    def writers(self) -> tuple[Variant, ...]:
        """The variants that write texts: of the updates, those of the most matrices at once."""
        return tuple(
            variant
            for variant in self.variants
            if variant.update is None or variant.update.matrices == self._widest
        )

    @property
    def _widest(self) -> tuple[Matrix, ...]:
        return max(self.matrices, key=len)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Which variants are held against which: the plain window is alpha = 0."""
        banks = [bank_name(top_k) for top_k in self.top_k]
        others = [name for name in EVICTIONS if name != self.eviction]
        found = [Comparison(self.eviction, FULL)]
        found += [Comparison(name, self.eviction) for name in (*others, *banks)]
        found += [Comparison(name, FULL) for name in banks]
        updates = list(self._updates())
        found += [Comparison(name, self.eviction) for name, _ in updates]
        found += [
            Comparison(name, f"{name} {control.value}")
            for name, update in updates
            if update.control is Control.NONE
            for control in (Control.SHUFFLED, Control.RANDOM)
        ]
        return (*found, *([Comparison(DOCUMENTS[1], DOCUMENTS[0])] if self.own else []))

    def written(self, variant: Variant) -> Variant:
        """Return a variant as texts are written: a token at a time, the prompt kept if so asked."""
        if not self.keep_prompt or variant.window is None:
            return variant.token_by_token()
        first = max(self.protection.first, self.prompt)
        kept = Protection(first, self.protection.recent)
        return variant.token_by_token().protecting(kept)

    def documents_condition(self, prompt: int) -> tuple[Variant, ...]:
        """Return the documents' own two runs: alpha 0 and 0.01, so many first tokens protected."""
        if not self.own:
            return ()
        return tuple(
            Variant(
                name=name,
                window=DOCUMENTS_WINDOW,
                protection=Protection(prompt),
                update=HebbianUpdate(alpha=alpha),
            )
            for name, alpha in zip(DOCUMENTS, (0.0, DOCUMENTS_ALPHA), strict=True)
        )

    def _variant(
        self,
        name: str,
        *,
        eviction: str | None = None,
        update: HebbianUpdate | None = None,
        bank: MemoryBank | None = None,
    ) -> Variant:
        return Variant(
            name=name,
            window=self.window,
            rows=self.rows,
            eviction=self._policy(eviction or self.eviction),
            protection=self.protection,
            decay=self.decay,
            update=update,
            bank=bank,
        )

    def _policy(self, name: str) -> Eviction:
        if name == RECENCY:
            return ByRecency()
        return AtRandom(self.seed % SEEDS) if name == RANDOM else ByAttention()

    def _updates(self) -> Iterator[tuple[str, HebbianUpdate]]:
        for rate in self.rates:
            for matrices in self.matrices:
                for control in Control:
                    behind = "" if control is Control.NONE else f" {control.value}"
                    name = f"{''.join(matrices)} {rate.name}{behind}"
                    yield (
                        name,
                        HebbianUpdate(
                            alpha=rate.alpha,
                            matrices=matrices,
                            layers=self.layers,
                            normalised=rate.normalised,
                            control=control,
                            seed=self.seed % SEEDS,
                        ),
                    )


def bank_name(top_k: int | None) -> str:
    """Return what tables call a bank."""
    return "bank, all" if top_k is None else f"bank, top {top_k}"
