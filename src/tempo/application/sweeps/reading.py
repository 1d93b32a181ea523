"""From a file's keys and values to what a sweep asks."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from tempo.application.batches.plan import Chat
from tempo.application.n_best import Ranking
from tempo.application.studies.prompt_lines import kind_of
from tempo.application.sweeps.figures import FIGURES, MAXIMIZE
from tempo.application.sweeps.spaces import Choice, Interval
from tempo.application.sweeps.spec import SearchSpec, SweepSpec, Taken
from tempo.application.workers.models import NamedModel
from tempo.domain.errors import InvalidValueError, TempoError, UnknownSettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tempo.application.sweeps.spaces import Space

TOP: Mapping[str, tuple[type, ...]] = {
    "models": (list, str),
    "prompts": (list, str),
    "settings": (dict,),
    "search": (dict,),
    "n_best": (int,),
    "sample": (int,),
    "length_penalty": (float, int),
    "diverse": (float, int),
    "system": (str,),
    "chat": (bool,),
    "enable_thinking": (bool,),
}
SEARCH: Mapping[str, tuple[type, ...]] = {
    "metric": (str,),
    "direction": (str,),
    "trials": (int,),
    "at_once": (int,),
    "seed": (int,),
    "settings": (dict,),
}
INTERVAL: Mapping[str, tuple[type, ...]] = {
    "low": (float, int),
    "high": (float, int),
    "log": (bool,),
}
MODEL: Mapping[str, tuple[type, ...]] = {
    entry.name: (bool if entry.type == "bool" else str,) for entry in fields(NamedModel)
}


@dataclass(frozen=True, slots=True)
class AskedSweep:
    """What a file asks.

    Attributes:
        spec: everything but the prompts.
        prompts: themselves, or the name of the file that holds them.
    """

    spec: SweepSpec
    prompts: tuple[str, ...] | str


def asked_sweep(source: str, held: Mapping[str, Any]) -> AskedSweep:
    """Return what a file asks; `source` is what errors call it.

    Raises:
        UnknownSettingError: for a key or a setting that there is not, with the nearest one.
        InvalidValueError: for anything else that is wrong, with its place in the file.
    """
    try:
        known = _checked(held, TOP, "")
        search = known.get("search")
        return AskedSweep(
            SweepSpec(
                models=_models(known.get("models", ["embedded"])),
                axes={name: _values(value) for name, value in known.get("settings", {}).items()},
                taken=_taken(known),
                search=None if search is None else _search(search),
            ),
            _prompts(known.get("prompts")),
        )
    except TempoError as error:
        message = f"{source}: {error}"
        raise type(error)(message) from error


def _checked(
    held: Mapping[str, Any], known: Mapping[str, tuple[type, ...]], place: str
) -> dict[str, Any]:
    """Return what a table holds, each key known and each value of its kind."""
    for name, value in held.items():
        if name not in known:
            raise UnknownSettingError(_unknown(f"{place}{name}", name, known))
        kinds = known[name]
        if type(value) not in kinds:
            wanted = " or ".join(dict.fromkeys(kind_of(kind()) for kind in kinds))
            message = f"{place}{name} is {kind_of(value)}; it must be {wanted}"
            raise InvalidValueError(message)
    return dict(held)


def _unknown(place: str, name: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}"
    return f"{place} is no key of a sweep; {hint}"


def _models(held: list[Any] | str) -> tuple[NamedModel, ...]:
    return tuple(_model(one) for one in ([held] if isinstance(held, str) else held))


def _model(held: Any) -> NamedModel:  # noqa: ANN401 - of a file
    if isinstance(held, str):
        return NamedModel(model=held)
    if not isinstance(held, dict):
        message = f"models holds {kind_of(held)}; each must be a name, or an object with 'model'"
        raise InvalidValueError(message)
    return NamedModel(**_checked(held, MODEL, "models."))


def _values(held: object) -> tuple[object, ...]:
    return tuple(held) if isinstance(held, list) else (held,)


def _taken(known: Mapping[str, Any]) -> Taken:
    return Taken(
        texts=known.get("n_best", 1),
        ranking=Ranking(float(known.get("length_penalty", 0.0)), float(known.get("diverse", 0.0))),
        samples=known.get("sample", 0),
        chat=Chat(
            known.get("system"),
            bool(known.get("chat", False)),
            bool(known.get("enable_thinking", False)),
        ),
    )


def _search(held: Mapping[str, Any]) -> SearchSpec:
    known = _checked(held, SEARCH, "search.")
    figure = known.get("metric", "mean_log_probability")
    return SearchSpec(
        figure=figure,
        direction=known.get("direction", FIGURES.get(figure, MAXIMIZE)),
        trials=known.get("trials", 20),
        at_once=known.get("at_once", 1),
        seed=known.get("seed", 42),
        spaces={name: _space(name, value) for name, value in known.get("settings", {}).items()},
    )


def _space(name: str, held: Any) -> Space:  # noqa: ANN401 - of a file
    place = f"search.settings.{name}"
    try:
        if isinstance(held, list):
            return Choice(tuple(held))
        if isinstance(held, dict) and {"low", "high"} <= held.keys():
            return Interval(**_checked(held, INTERVAL, f"{place}."))
    except UnknownSettingError:
        raise
    except InvalidValueError as error:
        message = f"{place}: {error}"
        raise InvalidValueError(message) from error
    message = f"{place} is {kind_of(held)}; it must be a list of values, or low and high"
    raise InvalidValueError(message)


def _prompts(held: list[Any] | str | None) -> tuple[str, ...] | str:
    if held is None or held in ([], ""):
        message = "it has no prompts; name a file of them, or give a list of texts"
        raise InvalidValueError(message)
    if isinstance(held, str):
        return held
    for one in held:
        if not isinstance(one, str):
            message = f"prompts holds {kind_of(one)}; it must hold texts alone"
            raise InvalidValueError(message)
    return tuple(held)
