"""The engine as users hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tempo.application.prompting import Prompt, asked_prompt, encoded
from tempo.application.records.resuming import maker_of, resumed_request, resumed_settings
from tempo.application.settings.reading import build_request, read_settings
from tempo.application.studies.fidelity.plan import StudyPlan, StudyPrompt
from tempo.application.studies.fidelity.rule import distinct, rule_of
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.model_identity import require_same_model
from tempo.domain.tokens import Candidate, TokenId
from tempo.infrastructure.container import container_of, identity_of, story_openings
from tempo.interfaces.python.layers import LayerAccess
from tempo.interfaces.python.own_rules import OwnRules
from tempo.interfaces.python.result import Result, lattice_of
from tempo.interfaces.python.session import Session
from tempo.interfaces.python.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.self_check import SelfCheckReport
    from tempo.application.settings.settings import Settings
    from tempo.application.studies.fidelity.report import FidelityReport
    from tempo.domain.model_identity import ModelIdentity
    from tempo.domain.ports.model_backend import ModelDescription
    from tempo.infrastructure.container import Container
    from tempo.interfaces.python.lattice import Lattice

CHECK_PROMPT = "Once upon a time"
"""What the isolation check is run on at load."""


class Engine(LayerAccess):
    """Decodes prompts; may be used from several threads at once."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        backend: str = "transformers",
        check: bool = True,
    ) -> None:
        """Decode with a model that transformers has loaded already.

        The backends `fused` and `auto` rearrange its weights in memory, so that on a processor
        without numba it cannot be saved afterwards; see `load`.

        Raises:
            InvalidValueError: for what is no loaded model or tokenizer, or an unknown backend.
            UnsupportedModelError: if its cache or attention cannot honour shared positions.
            SelfCheckError: if its rows break the isolation law.
        """
        self._wire(container_of(model, tokenizer, backend), check=check)

    @classmethod
    def of(cls, container: Container, *, check: bool = True) -> Engine:
        """Decode with the parts of a container, any of which may be overridden."""
        engine = cls.__new__(cls)
        engine._wire(container, check=check)  # noqa: SLF001 - its own class
        return engine

    def _wire(self, container: Container, *, check: bool) -> None:
        self.container = container
        backend, _ = container.backend(), container.tokenizer()
        container.logger().info(
            "model.loaded", name=backend.description.name, device=backend.description.device
        )
        if check:
            self.self_check()

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        description: ModelDescription = self.container.backend().description
        return description

    @property
    def identity(self) -> ModelIdentity:
        """What tells this model and its tokenizer from others; the fingerprints of a lattice."""
        return identity_of(self.container)

    def self_check(self) -> SelfCheckReport:
        """Compare rows of a shared sequence with runs of their own, on this very model.

        Raises:
            SelfCheckError: if they differ by more than rounding.
        """
        prompt = self.container.tokenizer().encode(CHECK_PROMPT)
        report: SelfCheckReport = self.container.self_check().require(prompt)
        self.container.logger().debug(
            "self_check.passed", isolation=report.isolation, path=report.path
        )
        return report

    def generate(
        self,
        prompt: str | Sequence[int],
        *,
        system: str | None = None,
        chat: bool = False,
        enable_thinking: bool = False,
        settings: Settings | None = None,
        **names: object,
    ) -> Result:
        """Decode a prompt to the end.

        `names` are settings by name (see `tempo.Settings`); they override those in `settings`.
        With `use_mcts`, `verifier` names a function that values texts, from 0 to 1. Objects are
        rules of your own: `selection_rule`, `pruning_strategy`, `retroactive_pruning`.
        `system`, `chat` and `enable_thinking` put the prompt into the model's chat template.
        A special token written out in the prompt, such as `<|endoftext|>`, becomes that token, as
        transformers' tokenizers read it: take it out of text that you do not trust.

        Raises:
            InvalidValueError: for settings or a prompt that are wrong, each with its own subclass.
            NonFiniteLogitsError: with the result so far as its `partial`.
        """
        request, wrap = self._asked(
            asked_prompt(prompt, system, chat, enable_thinking), settings, names
        )
        try:
            return wrap(self.container.generate().run(request))
        except NonFiniteLogitsError as error:
            error.partial = wrap(cast("Outcome", error.partial))
            raise

    def generate_many(
        self,
        prompts: Sequence[str | Sequence[int]],
        *,
        system: str | None = None,
        chat: bool = False,
        enable_thinking: bool = False,
        settings: Settings | None = None,
        max_cache_rows: int | None = None,
        **names: object,
    ) -> list[Result]:
        """Decode several prompts at once, over passes that they share; results in their order.

        Each is what `generate` gives for the prompt. At most 32 go on together, and with
        `max_cache_rows` as many as have room: their length and `max_steps` times `max_width`.

        Raises:
            InvalidValueError: as `generate`, and for a prompt that can never have room.
            NonFiniteLogitsError: of the first prompt that failed, when all others are done.
        """
        asked = [
            self._asked(asked_prompt(one, system, chat, enable_thinking), settings, dict(names))
            for one in prompts
        ]
        requests = [request for request, _ in asked]
        outcomes = self.container.generate_many().run(requests, max_cache_rows)
        return [wrap(outcome) for (_, wrap), outcome in zip(asked, outcomes, strict=True)]

    def stream(
        self,
        prompt: str | Sequence[int],
        *,
        system: str | None = None,
        chat: bool = False,
        enable_thinking: bool = False,
        settings: Settings | None = None,
        **names: object,
    ) -> Stream:
        """Decode a prompt event by event, for `for` and `async for`; closing cancels.

        Arguments and errors are those of `generate`.
        """
        request, wrap = self._asked(
            asked_prompt(prompt, system, chat, enable_thinking), settings, names
        )
        return Stream(self.container.generate().start(request), wrap)

    def session(
        self,
        prompt: str | Sequence[int],
        *,
        system: str | None = None,
        chat: bool = False,
        enable_thinking: bool = False,
        settings: Settings | None = None,
        **names: object,
    ) -> Session:
        """Open a run to move by hand: `step`, `choose`, `back`; close it, or use `with`.

        It holds at most `max_steps` steps, those gone back not counted; `stop_on` and `stop_mass`
        do not end it, since the hand that moves it does.

        Arguments and errors are those of `generate`.
        """
        request, wrap = self._asked(
            asked_prompt(prompt, system, chat, enable_thinking), settings, names
        )
        return Session(self.container.steered(request=request), wrap)

    def resume(
        self,
        lattice: Lattice | Result,
        step: int,
        candidate: Candidate | int,
        *,
        settings: Settings | None = None,
        **names: object,
    ) -> Result:
        """Commit to a candidate of a lattice and go on from it to the end.

        The candidate, kept or only considered, is named by its step and token id. It and its best
        chain stay, everything beside them leaves; the prompt goes through the model once and the
        chain once behind it. The run goes on under the lattice's own settings, or `settings`, with
        `names` over them; `max_steps` counts the committed steps too. In a live session use
        `session.commit`, which does not need the prompt again.

        Raises:
            OtherModelError: for a lattice that another model or tokenizer made.
            ChoiceError: for a step or token that is not there, one that ends its text, or a context
                without room.
            InvalidValueError: for settings that are wrong, or that leave nothing to decode.
            NonFiniteLogitsError: with the result so far as its `partial`.
        """
        stream = self.resume_stream(lattice, step, candidate, settings=settings, **names)
        for _ in stream:
            pass
        return stream.result

    def resume_stream(
        self,
        lattice: Lattice | Result,
        step: int,
        candidate: Candidate | int,
        *,
        settings: Settings | None = None,
        **names: object,
    ) -> Stream:
        """Commit to a candidate of a lattice and go on event by event.

        Arguments and errors are those of `resume`.
        """
        lattice = lattice_of(lattice)
        known = lattice.provenance
        require_same_model(maker_of(known), self.identity)
        made = resumed_settings(known, names, settings)
        token = candidate.token_id if isinstance(candidate, Candidate) else TokenId(candidate)
        request = resumed_request(lattice, step, token, made)
        return Stream(
            self.container.generate().start(request),
            lambda outcome: Result(outcome, made, self.container, known.prompt),
        )

    def fidelity(
        self,
        prompts: Sequence[str] | None = None,
        *,
        rules: Sequence[Mapping[str, object]] | None = None,
        **plan: Any,  # noqa: ANN401 - the fields of StudyPlan
    ) -> FidelityReport:
        """Hold rules against the exact next-token distribution over all paths of their lattices.

        `prompts` are the contexts, the project's own 300 story openings if left out. Each of
        `rules` is a mapping of settings (`superposition`, `sharpness`, `window`, `readout`,
        `visibility`, `positions`, `threshold_basis`), by default the four superpositions.
        `thresholds`, `depths`, `width`, `budget` and `seed` are those of the study.

        Raises:
            InvalidValueError: for a wrong rule, threshold, depth, width, budget or prompt.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        if rules is not None:
            plan["rules"] = distinct([rule_of(rule) for rule in rules])
        asked = self.study_prompts(story_openings() if prompts is None else prompts)
        report: FidelityReport = self.container.fidelity().run(StudyPlan(**plan), asked)
        return report

    def study_prompts(self, texts: Sequence[str]) -> tuple[StudyPrompt, ...]:
        """Return prompts as a fidelity study takes them.

        Raises:
            PromptError: for an empty prompt.
        """
        tokenizer = self.container.tokenizer()
        return tuple(StudyPrompt(text, Prompt(text).encoded(tokenizer)) for text in texts)

    def _asked(
        self, prompt: Prompt | Sequence[int], settings: Settings | None, names: dict[str, object]
    ) -> tuple[GenerationRequest, Callable[[Outcome], Result]]:
        """Return the request that a user's words mean, and how its outcome is wrapped."""
        rules = OwnRules.taken_from(names)
        made = read_settings(names, settings)
        ids, text = encoded(prompt, self.container.tokenizer(), self.description.vocabulary)
        request = rules.on(build_request(made, ids), made)
        return request, lambda outcome: Result(outcome, made, self.container, text)
