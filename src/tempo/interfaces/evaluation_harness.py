"""TEMPO as a model of lm-evaluation-harness, which is the extra `harness`.

    import lm_eval
    import tempo.interfaces.evaluation_harness  # makes the name known

    lm_eval.simple_evaluate(
        model="tempo", model_args="model=embedded,superposition=path", tasks=["..."]
    )

`python -m tempo.interfaces.evaluation_harness --model tempo ...` is the harness's own command line
with the name known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lm_eval.api.model import LM
from lm_eval.api.registry import register_model
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window, simple_parse_args_string

from tempo.application.settings.reading import read_settings
from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import TokenId
from tempo.interfaces.python.loading import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lm_eval.api.instance import Instance

    from tempo.application.path_scores import PathScore
    from tempo.interfaces.python.engine import Engine

LONGEST_ANSWER = 256
"""Tokens of an answer at most where a task does not say."""

LOADING = ("model", "device", "dtype", "backend", "random_weights")
"""Arguments that choose the model; all others are settings."""


@register_model("tempo")
class TempoModel(LM):  # type: ignore[misc]  # untyped where the harness is not installed
    """Scores texts under the plain model, and answers with the best path of TEMPO's lattice.

    `loglikelihood` and `loglikelihood_rolling` are those of the model itself, which no setting
    changes; `generate_until` is the text that TEMPO shows. Chat templates are not applied.
    """

    def __init__(self, engine: Engine | None = None, **named: object) -> None:
        """Load a model, or take an engine; further names are TEMPO's settings.

        Raises:
            ModelError: for a model that cannot be loaded.
            InvalidValueError: for settings that are wrong.
        """
        super().__init__()
        chosen: dict[str, Any] = {
            name: str(named.pop(name)) for name in LOADING if named.get(name) is not None
        }
        named = {name: value for name, value in named.items() if name not in LOADING}
        self._engine = load(**chosen) if engine is None else engine
        self._settings = named
        read_settings(named)
        tokenizer = self._engine.container.tokenizer()
        self._beginning: tuple[TokenId, ...] = tokenizer.encode("")
        self._prefix = self._beginning or (min(tokenizer.end_tokens, default=TokenId(0)),)

    @classmethod
    def create_from_arg_string(
        cls,
        arg_string: str,
        additional_config: Mapping[str, Any] | None = None,  # noqa: ARG003 - see below
    ) -> TempoModel:
        """Make a model of `name=value,name=value`.

        What the harness adds of its own, a batch size and the device `cuda:0` where none is named,
        is left alone: the device is one of the arguments.
        """
        return cls(**simple_parse_args_string(arg_string))

    @classmethod
    def create_from_arg_obj(
        cls,
        arg_dict: Mapping[str, Any],
        additional_config: Mapping[str, Any] | None = None,  # noqa: ARG003 - as above
    ) -> TempoModel:
        """Make a model of arguments by name, as of a text."""
        return cls(**arg_dict)

    @property
    def tokenizer_name(self) -> str:
        """What the harness tells caches of requests apart by."""
        return self._engine.identity.tokenizer_fingerprint

    def loglikelihood(
        self,
        requests: Sequence[Instance],
        disable_tqdm: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> list[tuple[float, bool]]:
        """Return, for each (context, continuation), its log-probability and whether it is greedy.

        A context that leaves no room loses its beginning.
        """
        found = []
        for request in requests:
            context, continuation = self._parted(*request.args)
            score = self._score(context, continuation)
            answer = (score.log_probability, score.is_greedy)
            self.cache_hook.add_partial("loglikelihood", request.args, answer)
            found.append(answer)
        return found

    def loglikelihood_rolling(
        self,
        requests: Sequence[Instance],
        disable_tqdm: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> list[float]:
        """Return the log-probability of each text; one that is too long in several windows."""
        found = []
        for request in requests:
            (text,) = request.args
            tokens = self._encoded(text)
            windows = get_rolling_token_windows(
                token_list=list(tokens),
                prefix_token=self._prefix[-1],
                max_seq_len=self._engine.description.context - 1,
                context_len=1,
            )
            total = sum(
                self._score(*make_disjoint_window(window)).log_probability for window in windows
            )
            self.cache_hook.add_partial("loglikelihood_rolling", request.args, total)
            found.append(total)
        return found

    def generate_until(
        self,
        requests: Sequence[Instance],
        disable_tqdm: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> list[str]:
        """Return the best path's text after each context, up to a stop string.

        Raises:
            InvalidValueError: for a task that asks for sampling, or a length under 1.
        """
        found = []
        for request in requests:
            context, wanted = request.args
            answer = self._answer(context, wanted)
            self.cache_hook.add_partial("generate_until", request.args, answer)
            found.append(answer)
        return found

    def _answer(self, context: str, wanted: Mapping[str, Any]) -> str:
        if wanted.get("do_sample") or float(wanted.get("temperature") or 0.0) > 0.0:
            message = (
                f"the task asks for sampling ({dict(wanted)}), and TEMPO's answer is its best "
                "path; set do_sample to false and leave out the temperature"
            )
            raise InvalidValueError(message)
        until = wanted.get("until") or []
        stops = [until] if isinstance(until, str) else [stop for stop in until if stop]
        steps = int(wanted.get("max_gen_toks", LONGEST_ANSWER))
        room = max(1, self._engine.description.context - steps)
        names: dict[str, Any] = {"max_steps": steps, **self._settings}
        if stops:
            names["stop"] = stops
        prompt = (*self._beginning, *self._encoded(context)) or self._prefix
        return self._engine.generate(prompt[-room:], **names).text

    def _encoded(self, text: str) -> tuple[TokenId, ...]:
        """Return a text's tokens without the begin token."""
        tokens: tuple[TokenId, ...] = self._engine.container.tokenizer().encode(text)
        return tokens[len(self._beginning) :]

    def _parted(
        self, context: str, continuation: str
    ) -> tuple[tuple[TokenId, ...], tuple[TokenId, ...]]:
        """Return the tokens of both, cut where those of the context end by itself.

        Blanks at the context's end belong to the continuation, as in the harness's own models.
        """
        kept = context.rstrip()
        together = self._encoded(context + continuation)
        start = len(self._encoded(kept)) if kept else 0
        return (*self._prefix, *together[:start]), together[start:]

    def _score(self, context: Sequence[int], continuation: Sequence[int]) -> PathScore:
        """Score a continuation behind as much of its context as there is room for."""
        room = self._engine.description.context - len(continuation)
        before = tuple(map(TokenId, context))[-max(1, room) :]
        score: PathScore = self._engine.container.path_scores().run(
            before, tuple(map(TokenId, continuation))
        )
        return score


if __name__ == "__main__":
    from lm_eval.__main__ import cli_evaluate

    cli_evaluate()
