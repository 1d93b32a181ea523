"""Time all methods in turn, round by round, so that what else a machine does meets all alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from tempo.application.studies.speed.asking import Asking
from tempo.application.studies.speed.methods import Steps
from tempo.application.studies.speed.report import GREEDY, Memory, MethodFigures, SpeedReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.decoding.many import GenerateMany
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.studies.speed.methods import Method, Timing
    from tempo.application.studies.speed.plan import SpeedPlan
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer

LONG_CONTEXT = 1_024
"""Baselines that go through the prompt at every timing are left out beyond it."""

Progress = Callable[[str], None]


class SpeedStudy:
    """A model's steps beside other methods of the same model."""

    def __init__(
        self,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        baselines: Sequence[Method],
        many: GenerateMany,
        memory: Callable[[], Memory],
    ) -> None:
        """Hold a backend against baselines; the first is greedy decoding."""
        self._backend, self._tokenizer = backend, tokenizer
        self._baselines = baselines
        self._many = many
        self._memory = memory
        self._failed: dict[str, str] = {}
        self._same: bool | None = None

    def run(self, plan: SpeedPlan, progress: Progress = lambda _: None) -> SpeedReport:
        """Measure everything that a plan names; `progress` hears what comes next."""
        figures = [one for context in plan.contexts for one in self._at(context, plan, progress)]
        batches = {size: self._batch(size, plan, progress) for size in plan.batches}
        return SpeedReport(
            plan, tuple(figures), dict(self._failed), batches, self._same, self._memory()
        )

    def _at(self, context: int, plan: SpeedPlan, progress: Progress) -> Iterator[MethodFigures]:
        """Time every method after a prompt of so many tokens."""
        asking = self._asking(plan)
        prompt = asking.prompt(context, 0)
        steps = [
            Steps(self._backend, self._tokenizer, asking.request(prompt, width, plan.decoded))
            for width in plan.widths
        ]
        methods: list[Method] = [*self._fitting(context), *steps]
        timings: dict[str, list[Timing]] = {}
        begun = []
        for method in methods:
            progress(f"{context} tokens, {method.name}: prompt")
            if self._attempt(method, partial(method.begin, prompt)):
                begun.append(method)
        for number in range(plan.rounds + 1):
            for method in list(begun):
                progress(f"{context} tokens, {method.name}: round {number} of {plan.rounds}")
                found = self._timed(method, plan.steps)
                if found is None:
                    begun.remove(method)
                elif number:
                    timings.setdefault(method.name, []).append(found)
        self._compare(context, plan, steps)
        for method in methods:
            method.end()
        for name, rounds in timings.items():
            yield MethodFigures(context, name, tuple(rounds))

    def _fitting(self, context: int) -> list[Method]:
        return [
            one for one in self._baselines
            if one.name not in self._failed and (context <= LONG_CONTEXT or one.name == GREEDY)
        ]  # fmt: skip

    def _timed(self, method: Method, steps: int) -> Timing | None:
        found: list[Timing] = []
        self._attempt(method, lambda: found.append(method.time(steps)))
        return found[0] if found else None

    def _attempt(self, method: Method, do: Callable[[], None]) -> bool:
        """Let a method do something; a baseline that fails is left out from then on."""
        if isinstance(method, Steps):
            do()
            return True
        try:
            do()
        except Exception as error:  # noqa: BLE001 # why: other people's code may raise anything
            self._failed[method.name] = f"{type(error).__name__}: {error}".split("\n", 1)[0]
            return False
        return True

    def _compare(self, context: int, plan: SpeedPlan, steps: Sequence[Steps]) -> None:
        """Hold width 1 against greedy once: one candidate a step is greedy decoding."""
        greedy = next((one for one in self._baselines if one.name == GREEDY), None)
        single = next((one for one in steps if one.name == "width 1"), None)
        if context == plan.contexts[0] and greedy is not None and single is not None:
            wanted = tuple(greedy.chosen)
            self._same = bool(wanted) and single.chosen[: len(wanted)] == wanted

    def _batch(self, size: int, plan: SpeedPlan, progress: Progress) -> tuple[float, ...]:
        """Return steps a second of so many prompts at once, one a round.

        What one step takes, the prompts' own passes among it, is taken off.
        """
        asking = self._asking(plan)
        prompts = [asking.prompt(plan.contexts[0], one) for one in range(size)]
        found = []
        for number in range(plan.rounds + 1):
            progress(f"{size} prompts at once: round {number} of {plan.rounds}")
            first, whole = (
                self._seconds([asking.request(one, plan.batch_width, steps) for one in prompts])
                for steps in (1, plan.steps + 1)
            )
            found.append(size * plan.steps / max(whole - first, 1e-9))
        return tuple(found[1:])

    def _asking(self, plan: SpeedPlan) -> Asking:
        return Asking(self._backend.description.vocabulary, self._tokenizer, plan)

    def _seconds(self, requests: Sequence[GenerationRequest]) -> float:
        start = perf_counter()
        self._many.run(requests)
        return perf_counter() - start
