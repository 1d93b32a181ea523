"""Models that are on this machine: the one that ships, and what hubs sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tempo.domain.errors import InvalidValueError, ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence


SHORTEST = 4
"""Digits of a commit that may stand for it, as in git."""


@dataclass(frozen=True, slots=True)
class KeptModel:
    """One model at one revision.

    Attributes:
        name: `embedded`, or a hub's id.
        family: the architecture's name; empty if its configuration is not there.
        commit: the hub's name of the revision; empty for the model that ships.
        refs: branches and tags that point to it.
        size: bytes of its files.
        path: its folder.
    """

    name: str
    family: str
    commit: str
    refs: tuple[str, ...]
    size: int
    path: str

    @property
    def revision(self) -> str:
        """What a user would call the revision: its branches and tags, else its commit."""
        return ", ".join(self.refs) or self.commit[:12]


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that is not as it should be.

    Attributes:
        file: its name within the model.
        what: what is wrong with it.
    """

    file: str
    what: str


class ModelShelf(Protocol):
    """Where models are kept."""

    def kept(self) -> Sequence[KeptModel]:
        """Return all models, the one that ships first, then by name and revision."""
        ...

    def in_folder(self, folder: str) -> KeptModel | None:
        """Return the model in a folder, under the folder's name; None if there is no folder."""
        ...

    def download(self, name: str, revision: str) -> KeptModel:
        """Fetch a model of a hub, or what of it is missing here.

        Raises:
            ModelNotFoundError: if there is no such model, or no way to it.
            OutputError: if there is no room for it.
        """
        ...

    def faults(self, model: KeptModel) -> Sequence[Fault]:
        """Return what is wrong with a model's files: lost, cut short, changed, or not there."""
        ...

    def remove(self, models: Sequence[KeptModel]) -> int:
        """Delete models of hubs; return the bytes that are free again."""
        ...


def found(models: Sequence[KeptModel], name: str, revision: str = "") -> tuple[KeptModel, ...]:
    """Return the models of a name, at a branch, a tag or the beginning of a commit if given.

    Raises:
        ModelNotFoundError: if there is none, with those that there are.
    """
    named = [one for one in models if one.name == name]
    if not named:
        others = ", ".join(sorted({one.name for one in models}))
        message = f"there is no model {name!r} on this machine; there are: {others}"
        raise ModelNotFoundError(message)
    meant = [one for one in named if not revision or _is_at(one, revision)]
    if not meant:
        others = "; ".join(one.revision for one in named)
        message = f"{name} is not here at revision {revision!r}; it is at: {others}"
        raise ModelNotFoundError(message)
    return tuple(meant)


def removable(models: Sequence[KeptModel]) -> Sequence[KeptModel]:
    """Return models that can be removed.

    Raises:
        InvalidValueError: for the model that ships, which is part of the package.
    """
    if any(not one.commit for one in models):
        message = (
            "embedded is part of the package and cannot be removed by itself; "
            "pip uninstall tempo-decoding removes both"
        )
        raise InvalidValueError(message)
    return models


def _is_at(model: KeptModel, revision: str) -> bool:
    return revision in model.refs or (
        len(revision) >= SHORTEST and model.commit.startswith(revision)
    )
