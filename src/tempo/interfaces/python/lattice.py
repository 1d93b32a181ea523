"""The lattice as users hold it: the domain's, with files and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.domain.errors import OutputError
from tempo.domain.lattice import Lattice as DomainLattice
from tempo.infrastructure.container import Container

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lattice(DomainLattice):
    """All token sets of a run with the transition probabilities between neighbours.

    `lattice.steps[t].candidates[i]` has `token_id`, `text`, `probability`, `posterior`, `state`
    and, where it was pruned, `reason`.

    Attributes:
        best: the best path, one member index a step; empty if unknown.
    """

    best: tuple[int, ...] = field(default=())

    def save(self, path: str | Path) -> None:
        """Write the lattice as a JSON document.

        Raises:
            OutputError: if the file cannot be written.
        """
        Container.lattice_file().save(self, path)

    @classmethod
    def open(cls, path: str | Path) -> Lattice:
        """Read a lattice document.

        Raises:
            OutputError: if the file cannot be read.
            InvalidValueError: if it holds no lattice.
        """
        lattice = Container.lattice_file().open(path)
        return cls(lattice.prompt_ids, lattice.steps)

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the lattice (matplotlib); with `path`, also into a file whose suffix is its format.

        Raises:
            InvalidValueError: if matplotlib is not installed.
            OutputError: if the file cannot be written.
        """
        figure: Figure = Container.plotter()(self, self.best)
        if path is not None:
            try:
                figure.savefig(Path(path).expanduser(), dpi=150)
            except (OSError, ValueError) as error:
                message = f"{path} cannot be drawn: {error}"
                raise OutputError(message) from error
        return figure
