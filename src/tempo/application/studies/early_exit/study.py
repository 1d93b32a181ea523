"""The use-case: texts in, thresholds from some, figures from the others."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.path_scores import PathScores
from tempo.application.studies.early_exit.calibration import watched_of
from tempo.application.studies.early_exit.figures import (
    Finding,
    ForcedFigures,
    FreeFigures,
    HeldOutText,
    MeasuredText,
)
from tempo.application.studies.early_exit.measuring import Player, forced_figures
from tempo.application.studies.early_exit.policies import policies_of
from tempo.application.studies.early_exit.tape import taped
from tempo.application.studies.keeping import each
from tempo.domain.early_exit import NEVER, Criterion, ExitLayer, ExitRule
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import Stopping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.early_exit.measuring import Exiting
    from tempo.application.studies.early_exit.plan import EarlyExitPlan
    from tempo.application.studies.early_exit.policies import Policy
    from tempo.application.studies.early_exit.tape import Tape
    from tempo.application.studies.keeping import Kept
    from tempo.domain.early_exit import LayerReading, PassCost, RowExit
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId

Prompt = tuple["TokenId", ...]


class EarlyExitStudy:
    """Calibrate exit rules on held-out texts, and measure them on others."""

    def __init__(
        self, backend: ModelBackend, tokenizer: Tokenizer, exiting: Exiting, cost: PassCost
    ) -> None:
        """Work over a model, what makes the same model leave early, and what its rows cost."""
        self._backend, self._tokenizer = backend, tokenizer
        self._exiting = exiting
        self.cost = cost

    def findings(
        self, plan: EarlyExitPlan, prompts: Sequence[Prompt], kept: Kept[Finding] | None = None
    ) -> Iterator[Finding]:
        """Watch the first texts, then measure the others under what was calibrated on them.

        What is kept is not measured again; stopping loses nothing.

        Raises:
            InvalidValueError: for a layer that does not exist, or too few texts.
            PromptError: for a text that does not fit the model.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        plan.require_texts(len(prompts))
        layers = plan.layers_of(self.cost.depth)
        held: dict[int, HeldOutText] = {}
        players: list[Player] = []

        def finding(number: int) -> Finding:
            if number < plan.calibration:
                held[number] = self._held_out(plan, layers, prompts[number])
                return held[number]
            if not players:
                known = held if kept is None else kept.held
                texts = [known[one] for one in range(plan.calibration)]
                live = [one for one in self.policies(plan, texts) if one.exits]
                players.extend(Player.of(one, self._exiting) for one in live)
            as_sets = number < plan.calibration + plan.set_texts
            return self._measured(plan, players, prompts[number], as_sets=as_sets)

        return each(len(prompts), finding, kept)

    def policies(self, plan: EarlyExitPlan, texts: Sequence[Finding]) -> tuple[Policy, ...]:
        """Return the rules that held-out texts give."""
        held = [one for one in texts if isinstance(one, HeldOutText)]
        watched = watched_of(plan.layers_of(self.cost.depth), held)
        return policies_of(plan, watched, self.cost)

    def _held_out(self, plan: EarlyExitPlan, layers: Sequence[int], prompt: Prompt) -> HeldOutText:
        """Return what every layer says along the model's own greedy text."""
        tape = taped(self._backend, self._tokenizer, _request(plan, prompt))
        told: list[tuple[LayerReading, ...]] = []

        def hear(exits: Sequence[RowExit]) -> None:
            told.extend(one.readings for one in exits)

        every = tuple(ExitLayer(layer, NEVER) for layer in sorted({*layers, self.cost.depth}))
        backend = self._exiting(ExitRule(every, Criterion.AGREEMENT), hear)
        with backend.open(prompt, RowRules()) as session:
            for one in tape.passes[1:]:
                backend.extend([(session, one.nodes)])
        return HeldOutText(
            readings=tuple(row[: len(layers)] for row in told),
            final=tuple(row[-1].token for row in told),
        )

    def _measured(
        self, plan: EarlyExitPlan, players: Sequence[Player], prompt: Prompt, *, as_sets: bool
    ) -> MeasuredText:
        text = taped(self._backend, self._tokenizer, _request(plan, prompt))
        forced = self._forced(players, text, decodes_sets=False)
        worth = self._worth(prompt, text.path)
        free = {
            one.policy.name: self._free(plan, one, text, worth)
            for one in players
            if one.policy.writes
        }
        if not as_sets:
            return MeasuredText(forced, free, None)
        sets = taped(self._backend, self._tokenizer, _set_request(plan, prompt))
        width = sum(len(one.reading.weights) for one in sets.passes) / len(sets.passes)
        return MeasuredText(forced | self._forced(players, sets, decodes_sets=True), free, width)

    def _forced(
        self, players: Sequence[Player], tape: Tape, *, decodes_sets: bool
    ) -> dict[str, ForcedFigures]:
        own = [one for one in players if one.policy.work.decodes_sets is decodes_sets]
        return forced_figures(self._backend, own, tape, self.cost.depth)

    def _free(self, plan: EarlyExitPlan, player: Player, full: Tape, worth: float) -> FreeFigures:
        """Let a rule write its own text, and price it under the full model."""
        request = _request(plan, full.prompt)
        path = Generate(player.backend, self._tokenizer).run(request).best_path_ids
        pairs = zip(path, full.path, strict=False)
        same = takewhile(lambda pair: pair[0] == pair[1], pairs)
        lost = worth - self._worth(full.prompt, path)
        return FreeFigures(len(full.path), sum(1 for _ in same), lost)

    def _worth(self, prompt: Prompt, path: Sequence[TokenId]) -> float:
        """Return the log-probability of a path's tokens, on average, under the full model."""
        return PathScores(self._backend).run(prompt, path).log_probability / max(1, len(path))


def _request(plan: EarlyExitPlan, prompt: Prompt) -> GenerationRequest:
    """Return greedy decoding that does not end before its time."""
    return GenerationRequest(
        prompt_ids=prompt,
        max_steps=plan.steps,
        selection=Selection(max_width=1),
        stopping=Stopping(min_steps=plan.steps),
        release=False,
    )


def _set_request(plan: EarlyExitPlan, prompt: Prompt) -> GenerationRequest:
    """Return the decoding of parallel sets by the defaults."""
    considered = max(plan.set_width, Selection().considered)
    return GenerationRequest(
        prompt_ids=prompt,
        max_steps=plan.steps,
        selection=Selection(ConstantThreshold(plan.set_threshold), plan.set_width, considered),
        stopping=Stopping(min_steps=plan.steps),
        release=False,
    )
