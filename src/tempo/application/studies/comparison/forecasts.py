"""TEMPO's posteriors held against texts that the model draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.decoding.generate import Generate
from tempo.application.settings.reading import build_request, read_settings
from tempo.application.studies.comparison.calibration import Forecasts, calibration, has_trials
from tempo.application.studies.comparison.forecasting import MEMBERS, member_forecasts
from tempo.application.studies.comparison.plan import FORECAST_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.studies.comparison.calibration import Calibration
    from tempo.application.studies.comparison.plan import ComparisonPlan
    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId

    Draw = Callable[[Sequence[TokenId], int, int, int], tuple[tuple[TokenId, ...], ...]]
    """From a prompt, a number, a length and a seed to so many plain draws."""


class PosteriorStudy:
    """Decode a few steps, and ask how often plain draws do what the lattice says of them."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer, draw: Draw) -> None:
        """Draw at temperature 1; texts may end."""
        self._generate = Generate(backend, tokenizer)
        self._draw = draw

    def run(
        self, plan: ComparisonPlan, prompts: Sequence[tuple[int, StudyPrompt]]
    ) -> dict[str, Calibration]:
        """Return, by method, the posteriors of the first steps held against draws.

        `prompts` are with their numbers. Methods that prune or process logits speak of another
        distribution than the draws', and are left out; so are those of which no draw can tell.
        """
        found: dict[str, list[Forecasts]] = {}
        for number, prompt in prompts:
            if not plan.forecasters:
                break
            seed = plan.seed_of(number)
            draws = self._draw(prompt.token_ids, plan.draws, FORECAST_DEPTH, seed)
            for method in plan.forecasters:
                settings = read_settings({**method.settings, "max_steps": FORECAST_DEPTH})
                request = build_request(settings, prompt.token_ids)
                if not _speaks_of_the_model(request):
                    continue
                lattice = self._generate.run(request).lattice
                forecasts = member_forecasts(lattice, FORECAST_DEPTH)
                found.setdefault(method.name, []).append(Forecasts(forecasts, draws))
        return {
            name: calibration(MEMBERS, held, plan.seed)
            for name, held in found.items()
            if has_trials(held)
        }


def _speaks_of_the_model(request: GenerationRequest) -> bool:
    """Whether a lattice's shares are about the plain model's texts."""
    return request.rules.is_plain and request.strategy is None and request.retroactive is None
