"""Does the service answer under load as it does alone, leak nothing, and gain by batching?

Load: `tempo serve` in a process of its own on loopback; `--clients` at once send `--requests` story
openings of mixed lengths, widths and thresholds. A tenth are cancelled at random moments, by
closing the connection or by name; a tenth are malformed. Each answer is compared with the one that
the engine gives alone in this process: the tokens of every step, the best path, and the
log-probabilities of the best texts. A step may keep other tokens only where rounding decides, which
is where their probability is as close to the threshold or to the last one kept as MARGIN; what
follows such a step is another run and is not compared.

Memory: resident memory of the service after each of two identical rounds of that load. The first
fills pools and caches; the second should add nothing.

Throughput: the valid requests, by one client at a time and by all at once, taking turns: without
best texts, which is decoding alone, and with them, whose rescoring shares no passes.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import subprocess
import sys
import tempfile
import threading
from argparse import ArgumentParser, Namespace
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx
from workbench import (
    Workbench,
    add_shared_options,
    print_header,
    print_table,
    reached,
    write_json,
)

import tempo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MARGIN = 1e-4
SMALLEST_GAIN = 3.0
LARGEST_GROWTH = 0.05
ROUNDS = 2
TURNS = 3
TEXTS = 3
IDLE = ("active_runs", "queue_length", "cache_rows", "cache_rows_reserved")
SETTINGS: tuple[dict[str, Any], ...] = (
    {"max_steps": 6, "max_width": 2, "selection_threshold": 0.1},
    {"max_steps": 12, "max_width": 8, "selection_threshold": 0.05},
    {"max_steps": 20, "max_width": 1, "selection_threshold": 0.3},
    {"max_steps": 16, "max_width": 4, "selection_threshold": 0.05},
    {"max_steps": 32, "max_width": 6, "selection_threshold": 0.08, "superposition": "path"},
    {"max_steps": 20, "max_width": 5, "retroactive_pruning": "posterior"},
)
MALFORMED: tuple[bytes, ...] = (
    b"{",
    b"\xff\xfe",
    b"[]",
    b'{"prompt": ""}',
    b'{"prompt": "x", "max_steps": 0}',
    b'{"prompt": "x", "max_steps": 100000}',
    b'{"prompt": "x", "no_such_field": 1}',
    b'{"prompt": 3}',
    b'{"prompt": "x", "selection_threshold": 2}',
)

Document = dict[str, Any]


# The service --------------------------------------------------------------------------------------


@contextmanager
def service(options: Namespace) -> Iterator[str]:
    """Start the service and return its address once it is ready."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tempo", "serve", "--port", "0"]
        command += ["--store", f"{folder}/runs.sqlite3", "--model", options.model]
        command += ["--backend", options.backend]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - ours
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    address = ""
    for line in process.stderr or ():
        told = json.loads(line) if line.startswith("{") else {"event": line}
        if told["event"] == "service.listening":
            address = told["address"]
        if told["event"] == "service.ready":
            threading.Thread(target=lambda: [*(process.stderr or ())], daemon=True).start()
            return address
    message = "the service did not begin"
    raise SystemExit(message)


async def metrics(client: httpx.AsyncClient) -> dict[str, float]:
    """Return what the service counts."""
    lines = (await client.get("/metrics")).text.splitlines()
    found = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in found}


async def idle(client: httpx.AsyncClient) -> dict[str, float]:
    """Wait until nothing runs, half a minute at most; return what the service counts then."""
    for _ in range(300):
        found = await metrics(client)
        if not any(found[f"tempo_{name}"] for name in IDLE):
            break
        await asyncio.sleep(0.1)
    return found


# Requests -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Attributes:
        number: which of the bodies; -1 for a malformed one.
        content: what is sent.
        cancel: seconds after which it is cancelled, infinity for never.
        named: whether it is a run with a name, cancelled by it.
    """

    number: int
    content: bytes
    cancel: float = math.inf
    named: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request; status 0 where the connection was closed first."""

    asked: Asked
    status: int
    document: Document | None


def drawn(bodies: Sequence[Document], options: Namespace) -> list[Asked]:
    """Draw the requests of a round: a tenth malformed, a tenth cancelled, in random order."""
    rng = random.Random(options.seed)
    tenth = options.requests // 10
    asked = [Asked(-1, content) for content in islice(cycle(MALFORMED), tenth)]
    for place in range(options.requests - tenth):
        number = place % len(bodies)
        cancel = rng.uniform(0.0, 4.0) if place < tenth else math.inf
        content = json.dumps(bodies[number]).encode()
        asked.append(Asked(number, content, cancel, named=place < tenth // 2))
    rng.shuffle(asked)
    return asked


async def sent(client: httpx.AsyncClient, asked: Asked) -> Answered:
    """Send one request and wait for what comes of it."""
    if asked.named:
        return await sent_by_name(client, asked)
    try:
        async with asyncio.timeout(None if asked.cancel == math.inf else asked.cancel):
            answer = await client.post("/generate", content=asked.content)
    except TimeoutError:
        return Answered(asked, 0, None)
    return Answered(asked, answer.status_code, answer.json())


async def sent_by_name(client: httpx.AsyncClient, asked: Asked) -> Answered:
    """Begin a run, cancel it by its name, and wait for its end."""
    begun = await client.post("/api/v1/runs", content=asked.content)
    place = f"/api/v1/runs/{begun.json()['run_id']}"
    await asyncio.sleep(asked.cancel)
    await client.post(f"{place}/cancel")
    await client.get(f"{place}/events")
    shown = (await client.get(place)).json()
    while shown["ended_at"] is None:
        await asyncio.sleep(0.05)
        shown = (await client.get(place)).json()
    finished = shown["state"] == "finished"
    return Answered(asked, 200 if finished else 0, shown["result"] if finished else None)


async def round_of(
    client: httpx.AsyncClient, asked: Sequence[Asked], clients: int
) -> list[Answered]:
    """Send requests, so many at once."""
    waiting, answers = iter(asked), list[Answered]()

    async def one() -> None:
        for request in waiting:
            answers.append(await sent(client, request))

    await asyncio.gather(*(one() for _ in range(clients)))
    return answers


# Comparison ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alone:
    """What the engine gives alone.

    Attributes:
        steps: for each its threshold, the tokens kept, and the probabilities of those considered.
        best: the best path's tokens.
        texts: the best texts' tokens and log-probabilities.
    """

    steps: tuple[tuple[float, list[int], dict[int, float]], ...]
    best: list[int]
    texts: list[tuple[list[int], float]]


def alone(engine: tempo.Engine, body: Document) -> Alone:
    """Decode a body alone."""
    asked = {name: value for name, value in body.items() if name in _OF_SETTINGS}
    result = engine.generate(body["prompt"], **asked)
    steps = tuple(
        (
            step.threshold,
            [int(one.token_id) for one in step.token_set.members],
            {int(one.token_id): one.probability for one in step.candidates},
        )
        for step in result.lattice.steps
    )
    texts = [([*map(int, one.token_ids)], one.log_probability) for one in result.n_best(TEXTS)]
    return Alone(steps, [*map(int, result.best_path_ids)], texts)


_OF_SETTINGS = frozenset().union(*SETTINGS)


def compared(told: Document, expected: Alone) -> str:
    """Return `same`, `near tie`, or what is wrong."""
    for step, (threshold, kept, considered) in zip(told["steps"], expected.steps, strict=False):
        ids = [one["token_id"] for one in step["kept"]]
        if ids != kept:
            near = decided_by_rounding(set(ids) ^ set(kept), kept, considered, threshold)
            return "near tie" if near else f"step {step['position']} keeps {ids}, not {kept}"
        for one in step["considered"]:
            other = considered.get(one["token_id"], one["probability"])
            if abs(other - one["probability"]) > MARGIN:
                return f"token {one['token_id']}: {one['probability']}, not {other}"
    if len(told["steps"]) != len(expected.steps):
        return f"{len(told['steps'])} steps, not {len(expected.steps)}"
    return _compared_texts(told, expected)


def decided_by_rounding(
    differing: set[int], kept: Sequence[int], considered: dict[int, float], threshold: float
) -> bool:
    """Whether each token that one kept and the other not stands within MARGIN of an edge."""
    last = min(considered[one] for one in kept)
    edges = (threshold, last)
    return bool(differing) and all(
        any(abs(considered.get(one, -1.0) - edge) < MARGIN for edge in edges) for one in differing
    )


def _compared_texts(told: Document, expected: Alone) -> str:
    scores = [score for _, score in expected.texts]
    for one, (ids, score) in zip(told["n_best"], expected.texts, strict=True):
        if abs(one["log_probability"] - score) > MARGIN:
            return f"a text scores {one['log_probability']}, not {score}"
        ties = sum(abs(score - other) < MARGIN for other in scores) > 1
        if one["token_ids"] != ids and not ties:
            return f"a text is {one['token_ids']}, not {ids}"
    if told["best_path_ids"] != expected.best:
        return f"the best path is {told['best_path_ids']}, not {expected.best}"
    return "same"


def judged(answers: Sequence[Answered], expected: Sequence[Alone]) -> Counter[str]:
    """Count what came of the requests; a wrong answer by what is wrong with it."""
    found: Counter[str] = Counter()
    for one in answers:
        if one.asked.number < 0:
            found["malformed, refused" if 400 <= one.status < 500 else "malformed, TAKEN"] += 1
        elif one.status == 200 and one.document is not None:
            found[compared(one.document, expected[one.asked.number])] += 1
        else:
            found["cancelled" if one.status == 0 else f"status {one.status}"] += 1
    return found


# Report -------------------------------------------------------------------------------------------


def print_load(rounds: Sequence[Counter[str]], counted: Sequence[dict[str, float]]) -> None:
    """Print what came of the load, and its bars."""
    kinds = sorted(set().union(*rounds), key=lambda kind: (kind != "same", kind))
    print_table(
        [
            ("answers", *(f"round {number}" for number in range(1, len(rounds) + 1))),
            *((kind, *(str(one[kind]) for one in rounds)) for kind in kinds),
        ]
    )
    fine = {"same", "near tie", "cancelled", "malformed, refused", "status 429", "status 503"}
    wrong = sum(one[kind] for one in rounds for kind in one if kind not in fine)
    print(f"wrong answers: {wrong} (bar: none): {reached(wrong == 0)}")
    faults = sum(
        value
        for name, value in counted[-1].items()
        if name.startswith("tempo_requests_total") and 'code="5' in name and 'code="503' not in name
    )
    print(f"answers of 500 and above but 503: {faults:.0f} (bar: none): {reached(faults == 0)}")
    left = sum(counted[-1][f"tempo_{name}"] for name in IDLE)
    print(f"runs, waiting, cache rows left at the end: {left:.0f} (bar: 0): {reached(left == 0)}")
    memory = [one["process_resident_memory_bytes"] / 1e6 for one in counted]
    growth = memory[-1] / memory[-2] - 1.0
    print(
        "resident memory, in MB, before and after each round: "
        + ", ".join(f"{one:.0f}" for one in memory)
    )
    print(
        f"growth over the last round, identical to the one before: {growth:+.1%} "
        f"(bar: at most {LARGEST_GROWTH:.0%}): {reached(growth <= LARGEST_GROWTH)}"
    )


def print_gain(texts: int, taken: Mapping[str, Sequence[float]], requests: int) -> float:
    """Print the throughput one at a time and at once, and its bar; return the gain."""
    turns = (f"turn {number + 1}" for number in range(TURNS))
    rows = [(f"requests a second, {texts} best texts", *turns)]
    rows += [(kind, *(f"{requests / one:.1f}" for one in times)) for kind, times in taken.items()]
    print_table(rows)
    gain = sum(taken["one at a time"]) / sum(taken["all at once"])
    print(
        f"throughput with batching over one at a time: {gain:.2f} "
        f"(bar: at least {SMALLEST_GAIN:.0f}): {reached(gain >= SMALLEST_GAIN)}"
    )
    print()
    return gain


async def measured(
    address: str, bodies: Sequence[Document], expected: Sequence[Alone], options: Namespace
) -> Document:
    """Put the load on the service, print what came of it, and return the numbers."""
    limits = httpx.Limits(max_connections=None)
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(
        base_url=address, timeout=300, limits=limits, headers=headers
    ) as client:
        asked = drawn(bodies, options)
        rounds, counted = [], [await idle(client)]
        for number in range(ROUNDS):
            rounds.append(judged(await round_of(client, asked, options.clients), expected))
            counted.append(await idle(client))
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
        print_load(rounds, counted)
        print()
        gains = {}
        for texts in (0, TEXTS):
            taken = await timed(client, [one | {"n_best": texts} for one in bodies], options)
            gains[texts] = print_gain(texts, taken, len(bodies))
    memory = [one["process_resident_memory_bytes"] for one in counted]
    return {"rounds": rounds, "resident": memory, "gains by best texts": gains}


async def timed(
    client: httpx.AsyncClient, bodies: Sequence[Document], options: Namespace
) -> dict[str, list[float]]:
    """Return the seconds that valid requests take one at a time and all at once, in turns."""
    valid = [Asked(number, json.dumps(one).encode()) for number, one in enumerate(bodies)]
    taken: dict[str, list[float]] = {"one at a time": [], "all at once": []}
    for _ in range(TURNS):
        for kind, clients in (("one at a time", 1), ("all at once", options.clients)):
            start = perf_counter()
            await round_of(client, valid, clients)
            taken[kind].append(perf_counter() - start)
    return taken


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="The service under load, and what it gains by batching.")
    add_shared_options(parser, prompts=6)
    parser.set_defaults(backend="auto", threads=1)  # of this process; the service has its own
    parser.add_argument("--clients", type=int, default=64, help="at once")
    parser.add_argument("--requests", type=int, default=600, help="of one round")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    start = perf_counter()
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    engine = tempo.load(options.model, backend=options.backend, check=False)
    asked = {"n_best": TEXTS, "show_token_ids": True}
    bodies = [
        {"prompt": opening.text, **settings, **asked}
        for opening in bench.openings(options.prompts, options.seed)
        for settings in SETTINGS
    ]
    expected = [alone(engine, body) for body in bodies]
    print(
        f"{options.requests} requests a round by {options.clients} clients at once; "
        f"{len(bodies)} different ones that are valid"
    )
    with service(options) as address:
        results = asyncio.run(measured(address, bodies, expected, options))
    print(f"total time {perf_counter() - start:.0f} s")
    write_json(options, results)


if __name__ == "__main__":
    main()
