"""All token sets of a run with the transition probabilities between neighbours."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.confusion import Position, Share, confusion_network, step_shares
from tempo.domain.errors import ChoiceError
from tempo.domain.exact_paths import Histories, chains_first, exact_chains, exact_score
from tempo.domain.k_best import k_best
from tempo.domain.measures import sequences
from tempo.domain.paths import Path, sample_paths
from tempo.domain.posteriors import posteriors, terminal_masses
from tempo.domain.tokens import TokenSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.measures.sequences import Agreement
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import Candidate, LogicalStep, TokenId


SEEDS = 2**64
"""Seeds count modulo this, so that any whole number is one."""


@dataclass(frozen=True, slots=True, eq=False)
class LatticeStep:
    """One step of the lattice; `k` live members before it, `m` members of its own.

    Attributes:
        step: 0-based.
        token_set: the members, most probable first.
        others: the candidates considered and not kept, by rank.
        transitions: [k, m] log-probability of each member after each earlier live member.
        plain_transitions: [k, m] the same under the plain model, at temperature 1.
        entropy: of the readout over the whole vocabulary, in nats.
        threshold: the probability that candidates had to reach.
        kept_mass: probability that an ordinary sample stays in the lattice here, in (0, 1].
        finished_mass: share of the finished hypotheses after this step, in [0, 1].
        cut: tokens that reached the threshold and were cut by the width cap.
        cut_mass: their probability.
        near_ties: considered candidates so close to the threshold that rounding may decide.
    """

    step: LogicalStep
    token_set: TokenSet
    others: Sequence[Candidate]
    transitions: FloatArray
    plain_transitions: FloatArray
    entropy: float
    threshold: float
    kept_mass: float
    finished_mass: float
    cut: int = 0
    cut_mass: float = 0.0
    near_ties: int = 0

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """All candidates considered at the step, by rank."""
        if not self.others or self.others[0].rank > self.token_set.members[-1].rank:
            return (*self.token_set.members, *self.others)
        merged = (*self.token_set.members, *self.others)
        return tuple(sorted(merged, key=lambda candidate: candidate.rank))

    def standing(
        self, members: tuple[Candidate, ...], kept_mass: float, finished_mass: float
    ) -> LatticeStep:
        """Return the same step with its members where they stand now.

        Written out, as `over` is, for the reason that `Candidate.standing` is.
        """
        return LatticeStep(
            self.step,
            TokenSet(self.step, members),
            self.others,
            self.transitions,
            self.plain_transitions,
            self.entropy,
            self.threshold,
            kept_mass,
            finished_mass,
            self.cut,
            self.cut_mass,
            self.near_ties,
        )

    def over(
        self,
        token_set: TokenSet,
        others: Sequence[Candidate],
        transitions: FloatArray,
        plain_transitions: FloatArray,
    ) -> LatticeStep:
        """Return the same step over other members or rows."""
        return LatticeStep(
            self.step,
            token_set,
            others,
            transitions,
            plain_transitions,
            self.entropy,
            self.threshold,
            self.kept_mass,
            self.finished_mass,
            self.cut,
            self.cut_mass,
            self.near_ties,
        )

    @property
    def width(self) -> int:
        """How many members the step has."""
        return len(self.token_set)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lattice:
    """The central object of a run: every step's candidates and what connects them.

    Attributes:
        prompt_ids: the prompt's tokens.
        steps: one entry a logical step; one that was removed as a whole is not among them.
        decisions: what was pruned, weakened or masked, and why, in the order of the decisions.
        histories: what its rows saw when they were computed.
    """

    prompt_ids: tuple[TokenId, ...]
    steps: tuple[LatticeStep, ...]
    decisions: tuple[PruningDecision, ...] = ()
    histories: Histories = field(default=Histories.MIXED, kw_only=True)

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.steps)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} steps, {self.physical_tokens} tokens)"

    @property
    def decoded(self) -> int:
        """How many steps were decoded or given, those that left as a whole among them."""
        return self.steps[-1].step + 1 if self.steps else 0

    def step(self, step: int) -> LatticeStep:
        """Return one step.

        Raises:
            ChoiceError: for a step that the lattice does not have.
        """
        return self.steps[self.index_of(step)]

    def index_of(self, step: int) -> int:
        """Return where a step stands among `steps`; before it some may have left as a whole.

        Raises:
            ChoiceError: for a step that the lattice does not have.
        """
        asked: object = step
        if not (isinstance(asked, Integral) and int(asked) in range(self.decoded)):
            message = f"step {step!r} is not in a lattice of {self.decoded} steps (from 0)"
            raise ChoiceError(message)
        index = bisect_left(self.steps, int(asked), key=lambda one: one.step)
        if self.steps[index].step != step:
            message = f"step {step} left the lattice as a whole; only a gap is there"
            raise ChoiceError(message)
        return index

    @property
    def physical_tokens(self) -> int:
        """How many tokens were kept over all steps."""
        return sum(step.width for step in self.steps)

    @property
    def kept_mass(self) -> float:
        """Probability that an ordinary sample stays inside the whole lattice."""
        return float(np.prod([step.kept_mass for step in self.steps]))

    @property
    def finished_mass(self) -> float:
        """Share of the paths that end in a finished member, in [0, 1]; the rest were cut short."""
        return sequences.finished_mass(self.steps)

    def posteriors(self) -> tuple[FloatArray, ...]:
        """Return, for each step, the members' shares of the paths through it; each sums to 1."""
        return posteriors(self.steps)

    def forward_weights(self) -> tuple[FloatArray, ...]:
        """Return, for each step, the members' forward weights; 0 for finished ones."""
        return terminal_masses(self.steps).weights

    def parent_posteriors(self, step: int) -> FloatArray:
        """Return [k, m] how probably each of a step's members came from each live one before it.

        Each column sums to 1; row `i` belongs to the `i`th live member of the step before, the only
        row of the first step to the prompt.

        Raises:
            ChoiceError: for a step that the lattice does not have.
        """
        return terminal_masses(self.steps).parents[self.index_of(step)]

    def posterior(self, step: int) -> tuple[Share, ...]:
        """Return the tokens of a step with their shares of the paths through it, largest first.

        Raises:
            ChoiceError: for a step that the lattice does not have.
        """
        return step_shares(self.steps, self.index_of(step))

    def alternatives(self, step: int) -> tuple[Candidate, ...]:
        """Return all candidates considered at a step, by rank, with their state and its reason.

        Raises:
            ChoiceError: for a step that the lattice does not have.
        """
        return self.step(step).candidates

    def expected_length(self) -> float:
        """Mean length of the paths in tokens, end tokens counted, by their shares."""
        return sequences.expected_length(self.steps)

    def sequence_entropy(self) -> float:
        """Entropy in nats of the distribution over the paths, exact (chain rule, backwards)."""
        return sequences.sequence_entropy(self.steps)

    def agreement(self) -> Agreement:
        """How probably two paths drawn independently hold the same token, by step and mean."""
        return sequences.agreement(self.steps)

    def confusion_network(self) -> tuple[Position, ...]:
        """Return, for each step, what the paths hold there; an epsilon for those that ended."""
        return confusion_network(self.steps)

    def k_best(self, count: int) -> tuple[Path, ...]:
        """Return the `count` best paths by plain score, best first (k-best Viterbi)."""
        return k_best(self.steps, count)

    @property
    def rows_saw_chains(self) -> bool:
        """Whether each row saw its best chain as plain text, no token of it hidden or weakened."""
        plain = self.histories is Histories.CHAINS
        return plain and all(one.effect.leaves_rows_whole for one in self.decisions)

    def exact_score(self, members: Sequence[int]) -> float | None:
        """Return a path's log-probability under the plain model, None where only estimated."""
        return exact_score(self.steps, members) if self.rows_saw_chains else None

    def exact_chains(self) -> tuple[Path, ...]:
        """Return the complete paths along best parents whose scores are exact, best first."""
        return exact_chains(self.steps) if self.rows_saw_chains else ()

    def best_paths(self, count: int) -> tuple[Path, ...]:
        """Return `count` complete paths: the exact chains, then all others by score, best first."""
        return chains_first(self.steps, count) if self.rows_saw_chains else self.k_best(count)

    def sample_paths(self, count: int, seed: int) -> tuple[Path, ...]:
        """Draw paths from the lattice's posterior, with replacement."""
        return sample_paths(self.steps, count, np.random.default_rng(seed % SEEDS))

    def token_ids(self, path: Path) -> tuple[TokenId, ...]:
        """Return a path's tokens, its end token among them."""
        return tuple(candidate.token_id for candidate in self.along(path))

    def content(self, path: Path) -> bytes:
        """Return a path's bytes."""
        return b"".join(candidate.content for candidate in self.along(path))

    def along(self, path: Path) -> tuple[Candidate, ...]:
        """Return the members that a path passes through."""
        return tuple(
            step.token_set.members[member]
            for step, member in zip(self.steps, path.members, strict=False)
        )

    def chain(self, step: int, member: int) -> tuple[int, ...]:
        """Return the best parent chain that ends at a member, one member index a step of `steps`.

        Raises:
            ChoiceError: for a step or member that the lattice does not have.
        """
        members = self.step(step).token_set.members
        if not 0 <= member < len(members):
            message = f"step {step} has no member {member}; it has {len(members)} (from 0)"
            raise ChoiceError(message)
        found = [member]
        for index in range(self.index_of(step), 0, -1):
            parent = self.steps[index].token_set.members[found[-1]].parent
            found.append(0 if parent is None else parent)
        return tuple(reversed(found))
