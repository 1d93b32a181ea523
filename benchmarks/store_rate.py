"""How many events a second does the store of runs take, and how large are they?

The events of one run of width 4 come from the service itself. Many runs tell them again to a store
on this machine's disk, in turns, as fast as they can, until all are written: SQLite of one service,
the SQLite that replicas share, and PostgreSQL where `--database URL` names one.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import httpx
from serving_load import Document, service
from workbench import Workbench, add_shared_options, print_header, print_table, write_json

from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.infrastructure.serving.opening import shared_run_store
from tempo.infrastructure.serving.sqlite_run_store import SqliteRunStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.serving.run_store import RunStore

STEPS = 64
TURNS = 3


def told(options: Namespace, prompt: str) -> tuple[list[Document], Document]:
    """Let the service decode a run of width 4; return what it told and answered."""
    asked = {
        "prompt": prompt, "max_steps": STEPS, "min_steps": STEPS, "max_width": 4,
        "selection_threshold": 0.0, "n_best": 5,
    }  # fmt: skip
    with service(options) as address, httpx.Client(base_url=address, timeout=300) as client:
        begun = client.post("/api/v1/runs", json=asked)
        place = f"/api/v1/runs/{begun.json()['run_id']}"
        lines = client.get(f"{place}/events").text.splitlines()
        shown = client.get(place).json()
    prefix = "data: "
    events = [json.loads(line.removeprefix(prefix)) for line in lines if line.startswith(prefix)]
    return events, shown["result"]


def written(store: RunStore, events: Sequence[Document], answer: Document, runs: int) -> float:
    """Tell the events of so many runs; return the seconds until all is written."""
    start = perf_counter()
    names = [f"run{number}" for number in range(runs)]
    kept = {
        name: KeptRun(name, RunState.RUNNING, float(n), None, {}) for n, name in enumerate(names)
    }
    for name in names:
        store.save(kept[name])
    for event in events:
        for name in names:
            store.append(name, event)
    for name in names:
        done = kept[name]
        store.save(KeptRun(name, RunState.FINISHED, done.asked_at, done.asked_at, {}, answer))
    if not store.flush():
        message = "the store could not write"
        raise SystemExit(message)
    return perf_counter() - start


def stores(folder: str, turn: int, database: str | None) -> Iterator[tuple[str, RunStore]]:
    """Yield fresh stores by name."""
    yield "SQLite of one service", SqliteRunStore(f"{folder}/one-{turn}.sqlite3")
    shared = f"sqlite:///{folder}/shared-{turn}.sqlite3"
    yield "SQLite of replicas", shared_run_store(shared, 10.0)
    if database is not None:
        yield "PostgreSQL", shared_run_store(database, 10.0)


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="Events that the store of runs takes.")
    add_shared_options(parser, prompts=1)
    parser.set_defaults(backend="auto")
    parser.add_argument("--runs", type=int, default=64, help="that tell at once")
    parser.add_argument("--database", help="of PostgreSQL, empty, as a URL")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    events, answer = told(options, bench.openings(1, options.seed)[0].text)
    size = sum(len(json.dumps(event)) for event in events)
    print(
        f"a run of {STEPS} steps of width 4 tells {len(events)} events, {size / STEPS:,.0f} bytes "
        f"a step; its answer with five best texts has {len(json.dumps(answer)):,} bytes"
    )
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(TURNS):
            for name, store in stores(folder, turn, options.database):
                with closing(store):
                    taken.setdefault(name, []).append(written(store, events, answer, options.runs))
        bytes_on_disk = Path(f"{folder}/one-0.sqlite3").stat().st_size
    steps = STEPS * options.runs
    rates = {name: steps / statistics.median(times) for name, times in taken.items()}
    print_table(
        [("store", "steps/s", "MB/s")]
        + [
            (name, f"{rate:,.0f}", f"{rate * size / STEPS / 1e6:.1f}")
            for name, rate in rates.items()
        ]
    )
    print(f"on disk: {bytes_on_disk / steps:,.0f} bytes a step, answers included")
    write_json(options, {"events": len(events), "bytes": size, "steps a second": rates})


if __name__ == "__main__":
    main()
