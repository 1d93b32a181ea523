"""What does one step of the fused decoder cost, and how far is it from what the memory allows?

A Llama of 3.2 billion random parameters (28 layers, hidden 3072, feed-forward 8192, 24 heads, 8
key-value heads of 128, vocabulary 128,256, tied) in bfloat16 on a CUDA device. The floor is the
time in which the device reads the weights and the cache once, at the bandwidth that it reaches in
this run. Parts that can be asked for by name:

    numerics  fused and plain decoders of few layers against the same in float64
    tune      every product under several cuts, alone, over the weights of all layers
    step      the whole pass, captured, at several widths, contexts and variants
    together  passes that several sessions share
    session   a whole step through the port, beside transformers' greedy generate
"""

from __future__ import annotations

import cProfile
import io
import json
import pstats
import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, LogitsProcessorList

from tempo.domain.capture import Capture
from tempo.domain.node import Node
from tempo.domain.ports.model_backend import ModelDescription
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot
from tempo.infrastructure.capture.plan import CapturePlan
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.graph_decoder import GraphDecoder
from tempo.infrastructure.fused_llama.kernel_step import KernelStep, logits_size
from tempo.infrastructure.fused_llama.plain_decoder import Asked, Pass, PlainDecoder
from tempo.infrastructure.fused_llama.split_attention import SplitAttention
from tempo.infrastructure.fused_llama.staging import Form, Staging
from tempo.infrastructure.fused_llama.tiles import Tile, Tiles, tiles_of
from tempo.infrastructure.fused_llama.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from tempo.infrastructure.fused_llama.static_cache import StaticCache
    from tempo.infrastructure.fused_llama.weights import LayerWeights

PARTS = ("numerics", "tune", "step", "together", "session")
CONTEXT = 512
DEVICE = torch.device("cuda")


def model_of(layers: int, dtype: torch.dtype) -> LlamaForCausalLM:
    """Return a random model of the 3.2 B shapes with some layers."""
    config = LlamaConfig(
        vocab_size=128_256, hidden_size=3072, intermediate_size=8192, num_hidden_layers=layers,
        num_attention_heads=24, num_key_value_heads=8, head_dim=128, rms_norm_eps=1e-5,
        max_position_embeddings=131_072, tie_word_embeddings=True, bos_token_id=128_000,
        eos_token_id=128_001, rope_parameters={
            "rope_type": "llama3", "rope_theta": 500_000.0, "factor": 32.0,
            "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        },
    )  # fmt: skip
    torch.manual_seed(0)
    previous = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with DEVICE:
            model = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(previous)
    model.eval()
    return model


def timed(run: Callable[[], object], rounds: int = 30, warm: int = 5) -> tuple[float, float]:
    """Return the median and the spread (quartiles) of a run's device time in ms."""
    for _ in range(warm):
        run()
    marks = []
    for _ in range(rounds):
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run()
        stop.record()
        marks.append((start, stop))
    torch.cuda.synchronize()
    times = sorted(start.elapsed_time(stop) for start, stop in marks)
    return median(times), times[3 * len(times) // 4] - times[len(times) // 4]


def captured(run: Callable[[], object]) -> torch.cuda.CUDAGraph:
    """Run once, then capture."""
    run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph


def bandwidth() -> float:
    """Return bytes a second that the device reads: the better of a sum and half a copy."""
    block = torch.randn(2**30, dtype=torch.bfloat16, device=DEVICE).view(torch.int16)
    wide = block.view(torch.int64)
    target = torch.empty_like(wide)
    read, _ = timed(lambda: torch.amax(wide))
    copy, _ = timed(lambda: target.copy_(wide))
    size = wide.numel() * 8
    print(
        f"bandwidth: reading {size / read / 1e9:.2f} TB/s, "
        f"copying {2 * size / copy / 1e9:.2f} TB/s (both ways)"
    )
    return max(size / read, 2 * size / copy) * 1e3


def prepared(decoder: PlainDecoder, width: int, extent: int) -> tuple[StaticCache, Pass]:
    """Return a cache with a random history of some rows, and a pass of siblings after it."""
    generator = torch.Generator().manual_seed(extent)
    prompt = torch.randint(0, 120_000, (extent - 3 * width,), generator=generator).tolist()
    cache = decoder.new_cache(extent + width)
    for first in range(0, len(prompt), 512):
        decoder.prefill(cache, prompt[first : first + 512], first)
    spread = 0
    random = np.random.default_rng(0)
    for step in range(3):
        rows = cache.allocate(width)
        seen = np.concatenate(
            [
                random.random((width, spread), dtype=np.float32) ** 3,
                np.eye(width, dtype=np.float32),
            ],
            1,
        )
        seen[seen < 0.05] = 0.0
        spread += width
        given = Pass(
            cache,
            [1000 + 7 * i + step for i in range(width)],
            [len(prompt) + step] * width,
            rows,
            len(prompt),
            seen,
            CapturePlan.of(Capture(), decoder.weights.architecture.layers),
        )
        if step < 2:
            decoder.decode([given])
    return cache, given


def logits_of(decoder: PlainDecoder, given: Pass) -> Tensor:
    """Return the logits [row, vocabulary] of one pass."""
    ((rows, _),) = decoder.decode([given])
    return rows.logits


def relative(one: Tensor, other: Tensor) -> float:
    """Return the relative error of one tensor."""
    return float((one.double() - other).norm() / other.norm())


def numerics() -> None:
    """Print relative errors against float64."""
    print("numerics: relative error of logits against float64 (2 layers, extent 300)")
    with torch.inference_mode():
        for dtype in (torch.bfloat16, torch.float32):
            model = model_of(2, dtype)
            fused = GraphDecoder(Weights.of(model))
            precise = PlainDecoder(Weights.of(_doubled(model)))
            for width in (1, 3, 8, 32):
                found = []
                for decoder in (precise, PlainDecoder(fused.weights), fused):
                    _, given = prepared(decoder, width, 300)
                    found.append(logits_of(decoder, given))
                reading = Reading(weights=(1 / width,) * width, considered=16, log_threshold=-12.0)
                _, given = prepared(fused, width, 300)
                ((rows, _),) = fused.decode([given])
                asked = Asked(rows, reading, LogitsProcessorList())
                (quick,) = fused.read_all([asked])
                slow = PlainDecoder(fused.weights).read(asked)
                same = quick.token_ids == slow.token_ids
                gap = abs(quick.rows - slow.rows).max()
                print(
                    f"  {dtype!s:16s} width {width:2d}: "
                    f"plain {relative(found[1], found[0]):.2e} "
                    f"fused {relative(found[2], found[0]):.2e}; extraction same ids {same} "
                    f"largest gap {gap:.1e} passing {quick.passing} {slow.passing} "
                    f"entropy gap {quick.entropy - slow.entropy:.1e}",
                    flush=True,
                )
            del model, fused, precise
            torch.cuda.empty_cache()


def _doubled(model: LlamaForCausalLM) -> LlamaForCausalLM:
    twin = model_of(len(model.model.layers), torch.float64)
    twin.load_state_dict({name: value.double() for name, value in model.state_dict().items()})
    return twin


WIDE_CUTS = [
    (16, 128, 1, 2, 8), (32, 64, 1, 2, 8), (32, 128, 1, 2, 6), (32, 128, 1, 4, 6),
    (32, 256, 1, 4, 4), (64, 64, 1, 2, 6), (64, 64, 1, 4, 6), (64, 128, 1, 4, 5),
    (64, 128, 2, 4, 4), (32, 128, 2, 4, 5), (128, 64, 1, 4, 5),
]  # fmt: skip
NARROW_CUTS = [
    (16, 128, 1, 2, 8), (16, 128, 2, 2, 8), (16, 256, 1, 4, 6), (32, 128, 2, 2, 6),
    (32, 128, 2, 4, 6), (32, 128, 4, 4, 6), (64, 64, 4, 4, 6), (64, 128, 4, 4, 4),
    (64, 128, 2, 4, 5), (64, 128, 8, 4, 4),
]  # fmt: skip
CUTS = {
    "merged": WIDE_CUTS,
    "output": NARROW_CUTS,
    "gate_up": [cut for cut in WIDE_CUTS if cut[2] == 1],
    "down": NARROW_CUTS,
    "head": [
        (128, 64, 1, 4, 4),
        (128, 64, 1, 4, 6),
        (64, 64, 1, 4, 6),
        (64, 128, 1, 4, 4),
        (128, 128, 1, 4, 3),
        (256, 64, 1, 8, 3),
    ],
}


def _lone(step: KernelStep, name: str, ints: Tensor) -> Callable[[], None]:
    """Return the runs of one product over all layers' weights."""
    layers, norm = step.weights.layers, step.weights.norm
    runs: dict[str, Callable[[LayerWeights], None]] = {
        "merged": step.multiply_merged,
        "output": step.multiply_output,
        "gate_up": step.multiply_gate_up,
        "down": lambda layer: step.multiply_down(layer, norm),
    }

    def run() -> None:
        if name == "head":
            step.score(ints)
            return
        for layer in layers:
            runs[name](layer)

    return run


def tune(weights: Weights, speed: float, width: int) -> Tiles:
    """Print each product's time under every cut; return the best ones."""
    chosen: dict[str, Tile] = {}
    vocabulary = weights.architecture.vocabulary
    block = torch.empty(width * vocabulary * 2, dtype=torch.float32, device=DEVICE)
    ints = torch.zeros(64 + 3 * width, dtype=torch.int64, device=DEVICE)
    ints[0] = block.data_ptr()
    total = 0.0
    for name, cuts in CUTS.items():
        matrices = (
            [weights.head] if name == "head" else [getattr(layer, name) for layer in weights.layers]
        )
        floor = library_time(name, matrices, width, speed)
        times = {}
        for tile in (Tile(*cut) for cut in cuts):
            times[tile] = tile_time(weights, width, name, tile, ints, floor)
        best = min(times, key=times.__getitem__)
        for early in (1, 2):
            tile = replace(best, early=early)
            times[tile] = tile_time(weights, width, name, tile, ints, floor)
        chosen[name] = min(times, key=times.__getitem__)
        total += times[chosen[name]]
    print(f"tune width {width}: all products {total:.3f} ms")
    return with_cuts(Tiles(), chosen)


def library_time(name: str, matrices: list[Tensor], width: int, speed: float) -> float:
    """Print the library's time for one product over all layers; return the floor in ms."""
    floor = 1e3 * sum(matrix.numel() * matrix.element_size() for matrix in matrices) / speed
    states = torch.randn(width, matrices[0].shape[1], dtype=matrices[0].dtype, device=DEVICE)
    graph = captured(lambda: [torch.nn.functional.linear(states, one) for one in matrices])
    library, _ = timed(graph.replay)
    print(
        f"tune {name}, width {width}: floor {floor:.3f} ms, "
        f"library {library:.3f} = {library / floor:.2f}",
        flush=True,
    )
    return floor


def tile_time(  # noqa: PLR0913, PLR0917 - the product, its cut and its floor
    weights: Weights, width: int, name: str, tile: Tile, ints: Tensor, floor: float
) -> float:
    """Print and return the time of one product over all layers under a cut, in ms."""
    step = KernelStep(weights, width, with_cuts(Tiles(), {name: tile}))
    for states in (step.hidden, step.scaled, step.mixed, step.inner):
        states.normal_()
    step.after_down.fill_(1.0)
    step.after_output.fill_(1.0)
    try:
        graph = captured(_lone(step, name, ints))
    except Exception as error:  # noqa: BLE001 - a cut that does not fit is a finding
        print(f"    {tile}: {type(error).__name__} {str(error)[:80]}", flush=True)
        return float("inf")
    found, spread = timed(graph.replay)
    print(
        f"    {tile.columns:3d} x {tile.depth:3d}, {tile.splits} parts, {tile.warps} warps, "
        f"{tile.stages} stages, {tile.early} early: {found:.3f} ± {spread:.3f} "
        f"= {found / floor:.2f}",
        flush=True,
    )
    return found


def with_cuts(tiles: Tiles, cuts: Mapping[str, Tile]) -> Tiles:
    """Return the same with other cuts of the products that are named."""
    return Tiles(
        **{name: cuts.get(name, getattr(tiles, name)) for name in CUTS},
        attention_warps=tiles.attention_warps,
        overlapped=tiles.overlapped,
    )


def step_time(  # noqa: PLR0913 - the pass and how it runs
    weights: Weights,
    tiles: Tiles,
    width: int,
    extent: int,
    *,
    watched: bool = False,
    sessions: int = 1,
) -> tuple[float, float]:
    """Return the device time of one captured pass in ms."""
    decoder = PlainDecoder(weights)
    given = [prepared(decoder, width, extent)[1] for _ in range(sessions)]
    form = replace(Form.of(given), watched=watched)
    step = KernelStep(weights, form.rows, tiles)
    attention = SplitAttention(step, form)
    shape = weights.architecture
    _, size = logits_size(shape.vocabulary, form.rows, step.tiles.head)
    block = torch.empty(size, dtype=torch.float32, device=DEVICE)
    lines = shape.layers * shape.heads * form.rows
    kept = (
        torch.empty(lines * shape.head_dim, dtype=weights.dtype, device=DEVICE),
        torch.empty(lines, device=DEVICE),
    )
    staging = Staging(form, DEVICE)
    staging.upload([tensor.data_ptr() for tensor in (block, *kept)], given)
    graph = captured(lambda: step.launch(staging.ints, staging.floats, attention))
    return timed(graph.replay, rounds=40)


def floor_of(weights: Weights, extent: int, speed: float) -> float:
    """Return the time to read weights and cache once, in ms."""
    shape = weights.architecture
    count = sum(
        p.numel()
        for layer in weights.layers
        for p in (layer.merged, layer.output, layer.gate_up, layer.down)
    )
    count += weights.head.numel()
    count += 2 * shape.layers * shape.kv_heads * shape.head_dim * extent
    return 1e3 * count * weights.embedding.element_size() / speed


def steps(weights: Weights, tiles: Tiles, speed: float) -> Tiles:
    """Print the whole pass under variants at width 8, then widths and contexts under the best."""
    floor = floor_of(weights, CONTEXT, speed)
    print(f"step: floor {floor:.3f} ms at {CONTEXT} rows")
    best, chosen = float("inf"), tiles

    def look(name: str, variant: Tiles) -> None:
        nonlocal best, chosen
        try:
            found, spread = step_time(weights, variant, 8, CONTEXT - 8)
        except Exception as error:  # noqa: BLE001 - a variant that does not run is a finding
            print(f"    {name}: {type(error).__name__} {str(error)[:80]}", flush=True)
            return
        print(f"    {name}: {found:.3f} ± {spread:.3f} ms = {found / floor:.3f} floors", flush=True)
        if found < best:
            best, chosen = found, variant

    def fetching(start: Tiles, early: int, *names: str) -> Tiles:
        return with_cuts(
            start, {name: replace(getattr(start, name), early=early) for name in names}
        )

    look("kernels overlapped", tiles)
    look("kernels one after another", replace(tiles, overlapped=False))
    look("kernels overlapped, again", tiles)
    look("attention with 8 warps", replace(tiles, attention_warps=8))
    look("nothing fetched early", fetching(tiles, 0, "merged", "output", "gate_up", "down", "head"))
    print(f"  chosen: {chosen}")
    first = 0.0
    for width in (1, 2, 4, 8, 16, 32):
        variant = (
            chosen
            if width < 32
            else replace(tiles_of(width), attention_warps=chosen.attention_warps)
        )
        found, spread = step_time(weights, variant, width, CONTEXT - width)
        first = first or found
        print(
            f"  width {width:2d}: {found:.3f} ± {spread:.3f} ms = {found / floor:.3f} floors, "
            f"{found / first:.3f} of width 1",
            flush=True,
        )
    for extent in (512, 4096):
        plain, _ = step_time(weights, chosen, 8, extent - 8)
        with_it, _ = step_time(weights, chosen, 8, extent - 8, watched=True)
        again, _ = step_time(weights, chosen, 8, extent - 8)
        ratio = floor_of(weights, extent, speed)
        print(
            f"  extent {extent}: {plain:.3f} (again {again:.3f}) ms = {plain / ratio:.3f} floors; "
            f"attention captured {with_it:.3f} = {with_it / plain:.3f}",
            flush=True,
        )
    return chosen


def together(weights: Weights, speed: float) -> None:
    """Print passes that several sessions of width 4 share."""
    one, _ = step_time(weights, tiles_of(4), 4, CONTEXT - 4)
    print(f"sessions of width 4, {CONTEXT} rows: one alone {one:.3f} ms")
    for sessions in (2, 4, 8, 16, 32):
        found, spread = step_time(
            weights, tiles_of(4 * sessions), 4, CONTEXT - 4, sessions=sessions
        )
        floor = floor_of(weights, sessions * CONTEXT, speed)
        print(
            f"  {sessions:2d} sessions: {found:.3f} ± {spread:.3f} ms = {found / floor:.2f} floors"
            f", {sessions * one / found:.1f} times the steps of one",
            flush=True,
        )


def greedy(model: LlamaForCausalLM, ids: Tensor, tokens: int = 24) -> float:
    """Return the time of one token of transformers' greedy decoding in ms, its prefill left out."""
    # Its type asks of `self` what this model's class inherits elsewhere.
    generate: Callable[..., object] = model.generate  # type: ignore[misc]
    lapses = []
    for count in (tokens, 1):
        start = time.perf_counter()
        generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            min_new_tokens=count,
            max_new_tokens=count,
            pad_token_id=0,
        )
        torch.cuda.synchronize()
        lapses.append(time.perf_counter() - start)
    return 1e3 * (lapses[0] - lapses[1]) / (tokens - 1)


def session(
    model: LlamaForCausalLM, weights: Weights, tiles: Tiles, speed: float, options: Namespace
) -> None:
    """Print whole steps through the port beside transformers' greedy generate, alternating."""
    floor = floor_of(weights, CONTEXT, speed)
    decoder = GraphDecoder(weights, tiles)
    description = ModelDescription(
        "random", "llama", "0" * 64, 131_072, 128_256, 1, "bfloat16", "cuda"
    )
    backend = FusedBackend(decoder, description)
    generator = torch.Generator().manual_seed(0)
    length = CONTEXT - 8 * 12
    prompt = torch.randint(0, 120_000, (length,), generator=generator).tolist()
    ids = torch.tensor([prompt], device=DEVICE)

    def ours(width: int, count: int = 11) -> list[float]:
        times = []
        with backend.open(prompt, RowRules()) as held:
            slot = len(prompt)
            before: tuple[Slot, ...] = ()
            reading = Reading(weights=(1.0,), considered=16, log_threshold=-3.0)
            (proposal,) = backend.propose([(held, reading)])
            for depth in range(count):
                start = time.perf_counter()
                tokens = (proposal.token_ids * 4)[:width]
                nodes = [
                    Node(
                        token,
                        length + depth,
                        Slot(slot + i),
                        before[i] if before else None,
                        tuple((parent, 1 / len(before)) for parent in before),
                        (),
                    )
                    for i, token in enumerate(tokens)
                ]
                made = time.perf_counter()
                backend.extend([(held, nodes)])
                fed = time.perf_counter()
                reading = Reading(weights=(1 / width,) * width, considered=16, log_threshold=-3.0)
                (proposal,) = backend.propose([(held, reading)])
                done = time.perf_counter()
                times.append(1e3 * (done - start))
                for name, lapse in (
                    ("nodes", made - start),
                    ("extend", fed - made),
                    ("propose", done - fed),
                ):
                    host.setdefault(f"{name} {width}", []).append(1e3 * lapse)
                before = tuple(Slot(slot + i) for i in range(width))
                slot += width
        return times[2:]

    host: dict[str, list[float]] = {}
    for width in (1, 8, 32):
        ours(width, 4)
    host.clear()
    profiled(lambda: ours(8, 11))
    host.clear()
    greedy(model, ids, 4)
    theirs: list[float] = []
    mine: dict[int, list[float]] = {width: [] for width in (1, 8)}
    for _ in range(options.rounds):
        theirs.append(greedy(model, ids))
        for width, found in mine.items():
            found.append(median(ours(width)))
    baseline = median(theirs)
    print(
        f"session: transformers' greedy {baseline:.2f} ms a token "
        f"({min(theirs):.2f} to {max(theirs):.2f})"
    )
    print("  " + ", ".join(f"{name} {median(found):.3f}" for name, found in host.items()))
    for width, found in mine.items():
        own = median(found)
        print(
            f"  width {width}: {own:.3f} ms a step ({min(found):.3f} to {max(found):.3f}) "
            f"= {own / baseline:.4f} of greedy, {own / floor:.3f} floors"
        )


def profiled(run: Callable[[], object]) -> None:
    """Print where a run's time on the host goes."""
    profile = cProfile.Profile()
    profile.runcall(run)
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(22)
    print(text.getvalue()[:4500], flush=True)


def main() -> None:
    """Measure what the command line names."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", default=["numerics", "tune", "step", "together", "session"]
    )
    parser.add_argument("--tune-width", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tiles", type=Path, help="JSON file to read cuts from and write them to")
    options = parser.parse_args()
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", flush=True)
    if "numerics" in options.parts:
        numerics()
    tiles = Tiles()
    if options.tiles and options.tiles.is_file():
        held = json.loads(options.tiles.read_text())
        cuts = {name: Tile(**it) for name, it in held.items() if isinstance(it, dict)}
        others = {name: it for name, it in held.items() if name not in cuts}
        tiles = replace(with_cuts(Tiles(), cuts), **others)
    with torch.inference_mode():
        model = model_of(28, torch.bfloat16)
        weights = Weights.of(model)
        speed = bandwidth()
        for width in options.tune_width if "tune" in options.parts else ():
            found = tune(weights, speed, width)
            tiles = found if width == options.tune_width[0] else tiles
        if "step" in options.parts:
            tiles = steps(weights, tiles, speed)
        if "together" in options.parts:
            together(weights, speed)
        if options.tiles:
            options.tiles.write_text(json.dumps(asdict(tiles)))
            print(f"tiles: {json.dumps(asdict(tiles))}")
        if "session" in options.parts:
            session(model, weights, tiles, speed, options)


if __name__ == "__main__":
    main()
