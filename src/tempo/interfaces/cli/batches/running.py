"""A batch from its prompts to its lines, printed and kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.application.studies.keeping import InMemory
from tempo.infrastructure.documents import RESULTS, BatchResults, alone_in
from tempo.interfaces.cli.batches.facts import digest_of, run_facts
from tempo.interfaces.cli.batches.progress import followed
from tempo.interfaces.cli.batches.tables import failure_lines, sweep_lines
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.failures import INTERRUPTED
from tempo.interfaces.cli.progress import stop_on_interrupt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from tempo.application.batches.lines import Line
    from tempo.application.batches.run import LatticeShelf
    from tempo.application.studies.keeping import Kept
    from tempo.interfaces.cli.batches.options import BatchAsked
    from tempo.interfaces.cli.batches.prompts import BatchPrompts
    from tempo.interfaces.cli.decoding import ModelChoice
    from tempo.interfaces.python.engine import Engine

OUTPUT = "output"
SOME_FAILED = 1


def run_batch(prompts: BatchPrompts, asked: BatchAsked, model: ModelChoice) -> int:
    """Decode all prompts to the end or to Ctrl-C; return the command's exit code.

    Raises:
        OutputError: if the folder cannot be written, holds results of another batch, or is written
            to by another process.
    """
    engine = model.load()
    facts = run_facts(prompts, asked, model, engine)
    folder = _folder(prompts, asked, facts)
    if folder is None:
        return _run(prompts, asked, engine, InMemory(), None)
    with alone_in(folder):
        kept = BatchResults(folder, facts, asked.plan.jobs(prompts.items))
        return _run(prompts, asked, engine, kept, folder)


def _run(
    prompts: BatchPrompts, asked: BatchAsked, engine: Engine, kept: Kept[Line], folder: Path | None
) -> int:
    """Decode what is not kept yet; tell what came of all, and return the exit code."""
    jobs = asked.plan.jobs(prompts.items)
    before = len(kept.held)
    run = engine.container.batch_run()
    found: list[Line] = []
    with stop_on_interrupt() as stop:
        batches = run.run(asked.plan, jobs, kept, _shelf(asked, engine))
        for line in followed(batches, len(jobs), before, stop):
            found.append(line)
            if asked.output.as_json:
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()
    if not asked.output.as_json:
        _print(prompts, asked, found)
    place = "the lines printed" if folder is None else readable(str(folder / RESULTS))
    for told in failure_lines(found, place):
        sys.stderr.write(f"{told}\n")
    stopped = stop.is_set() and len(found) < len(jobs)
    if stopped:
        on = "" if folder is None else "; the same command goes on from here"
        sys.stderr.write(f"tempo: stopped after {len(found)} of {len(jobs)} results{on}\n")
    if folder is not None:
        said = sys.stderr if asked.output.as_json or _prints_text(prompts, asked) else sys.stdout
        said.write(_where(len(found), before, place))
    if stopped:
        return INTERRUPTED
    return SOME_FAILED if any("error" in line for line in found) else 0


def _folder(prompts: BatchPrompts, asked: BatchAsked, facts: Mapping[str, Any]) -> Path | None:
    """Return where results are kept; nowhere if they are printed and no place was named."""
    if asked.folder is not None:
        return Path(asked.folder)
    if asked.output.as_json:
        return None
    return Path(OUTPUT) / (prompts.folder_name or f"sweep-{digest_of(facts)}")


def _shelf(asked: BatchAsked, engine: Engine) -> LatticeShelf | None:
    folder = asked.output.lattices
    if folder is None:
        return None
    made: LatticeShelf = engine.container.batch_lattices(folder=folder, model=engine.identity)
    return made


def _prints_text(prompts: BatchPrompts, asked: BatchAsked) -> bool:
    """Whether there is one text alone, so that it is what is printed."""
    return prompts.file is None and not asked.plan.thresholds


def _print(prompts: BatchPrompts, asked: BatchAsked, found: Sequence[Line]) -> None:
    """Print what one prompt gave; many have their lines in the folder."""
    if prompts.file is not None:
        return
    if asked.plan.thresholds:
        sys.stdout.write("".join(f"{line}\n" for line in sweep_lines(found)))
        return
    for line in found:
        if "text" in line:
            text = readable(line["text"]) if sys.stdout.isatty() else line["text"]
            sys.stdout.write(f"{text}\n")


def _where(count: int, before: int, place: str) -> str:
    noun = "result is" if count == 1 else "results are"
    old = f", {min(before, count)} of them from before" if before else ""
    return f"tempo: {count} {noun} in {place}{old}; run.json beside it says how they were made\n"
