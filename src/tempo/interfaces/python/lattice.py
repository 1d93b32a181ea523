"""The lattice as users hold it: the domain's, with files and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.application.records.record import Provenance, path_text, record_of
from tempo.domain.errors import OutputError
from tempo.domain.lattice import Lattice as DomainLattice
from tempo.domain.text import bracketed_text, raw_text
from tempo.infrastructure.documents import Documents

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.figure import Figure

    from tempo.application.records.record import RunRecord


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lattice(DomainLattice):
    """All token sets of a run with the transition probabilities between neighbours.

    `lattice.steps[t].candidates[i]` has `token_id`, `text`, `probability`, `posterior`, `state`
    and, where it was pruned, `reason`.

    Examples:
        >>> import tempo
        >>> result = tempo.load().generate(
        ...     "The little fox walked through the", max_steps=8, selection_threshold=0.15
        ... )
        >>> lattice = result.lattice
        >>> lattice
        Lattice(8 steps, 11 tokens)
        >>> print(lattice.bracketed)
         [forest/woods][,/ and] and found [a/the] little rabbit.
        >>> for candidate in lattice.steps[0].candidates[:3]:
        ...     print(candidate.text, round(candidate.probability, 2), candidate.state.value)
         forest 0.29 kept
         woods 0.15 kept
         wood 0.09 below_threshold
        >>> round(lattice.steps[0].candidates[1].posterior, 2)
        0.27
        >>> round(lattice.sequence_entropy(), 1)
        1.1

    Attributes:
        best: the best path, one member index a step; empty if unknown.
        provenance: what the run was asked, the settings it ran under and the model that made it.
    """

    best: tuple[int, ...] = field(default=())
    provenance: Provenance = field(default_factory=Provenance)

    @classmethod
    def of(cls, record: RunRecord) -> Lattice:
        """Return the lattice of a record."""
        lattice = record.lattice
        return cls(
            lattice.prompt_ids,
            lattice.steps,
            lattice.decisions,
            record.best,
            record.provenance,
            histories=lattice.histories,
        )

    @property
    def text(self) -> str:
        """The best path, clean, without the prompt."""
        return path_text(self, self.best, self.provenance.stop_bytes)

    @property
    def bracketed(self) -> str:
        """The text with every step of several tokens as `[park/garden]`."""
        return bracketed_text(self.steps[: len(self.best)])

    @property
    def raw(self) -> str:
        """All physical tokens decoded in order, siblings one after another."""
        return raw_text(self.steps)

    def save(self, path: str | Path) -> None:
        """Write the lattice as a JSON document.

        Raises:
            OutputError: if the file cannot be written.
        """
        record = record_of(self, self.best, self.provenance)
        Documents.lattice_file().save(record, path)

    @classmethod
    def open(cls, path: str | Path) -> Lattice:
        """Read a lattice document.

        Raises:
            OutputError: if the file cannot be read.
            DocumentError: if it holds no lattice, or one of a newer version.
        """
        return cls.of(Documents.lattice_file().open(path))

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the lattice (matplotlib); with `path`, also into a file whose suffix is its format.

        Raises:
            InvalidValueError: if matplotlib is not installed.
            OutputError: if the file cannot be written.
        """
        figure: Figure = Documents.plotter()(self, self.best)
        if path is not None:
            try:
                figure.savefig(Path(path).expanduser(), dpi=150)
            except (OSError, ValueError) as error:
                message = f"{path} cannot be drawn: {error}"
                raise OutputError(message) from error
        return figure

    def to_networkx(self) -> nx.DiGraph[int]:
        """Return a graph of networkx: a node for each member, between a beginning and an end."""
        graph: nx.DiGraph[int] = Documents.grapher()(self, self.best)
        return graph

    def to_dot(self) -> str:
        """Return a drawing in DOT, the language of GraphViz."""
        return Documents.export().text(self, "dot", self.best)

    def to_slf(self) -> str:
        """Return the word lattice in SLF, the format of HTK and of speech recognition."""
        return Documents.export().text(self, "slf", self.best)

    def to_csv(self) -> str:
        """Return a table of all candidates, step by step (RFC 4180)."""
        return Documents.export().text(self, "csv", self.best)

    def export(self, path: str | Path, format: str | None = None) -> None:  # noqa: A002 - the users' word
        """Write the lattice for another tool: dot, slf, csv or graphml, by the file's suffix.

        Raises:
            InvalidValueError: for a format or a suffix that is not known.
            OutputError: if the file cannot be written.
        """
        Documents.export().save(self, path, format, self.best)
