"""`tempo doctor`."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tempo.interfaces.cli.failures import WRONG_INPUT
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights

if TYPE_CHECKING:
    from tempo.application.self_check import SelfCheckReport
    from tempo.domain.ports.model_backend import ModelDescription

PARTS = ("tempo-decoding", "torch", "transformers", "tokenizers", "numpy")


def doctor(
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
) -> int:
    """Look at this machine and a model, and run the isolation check on it."""
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds
    from tempo.interfaces.python.engine import CHECK_PROMPT  # noqa: PLC0415

    console = Console(highlight=False)
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_row("python", platform.python_version())
    for part in PARTS:
        facts.add_row(part, version(part))
    engine = engine_loading.loaded_engine(
        model, device, dtype, backend, random_weights, check=False
    )
    _add_model(facts, engine.description)
    prompt = engine.container.tokenizer().encode(CHECK_PROMPT)
    report = engine.container.self_check().run(prompt)
    _add_report(facts, report)
    console.print(facts)
    console.print(_verdict(report))
    return 0 if report.passed else WRONG_INPUT


def _add_model(facts: Table, model: ModelDescription) -> None:
    facts.add_row("model", f"{model.name} ({model.family})")
    facts.add_row("parameters", f"{model.parameters:,}")
    facts.add_row("vocabulary", f"{model.vocabulary:,}")
    facts.add_row("context", f"{model.context:,} positions")
    facts.add_row("runs on", f"{model.device}, {model.dtype}")
    for limit in model.limits:
        facts.add_row("limit", limit)


def _add_report(facts: Table, report: SelfCheckReport) -> None:
    facts.add_row("siblings differ from own runs by", f"{report.isolation:.2e} nats")
    facts.add_row("two steps deep", f"{report.path:.2e} nats")
    facts.add_row("allowed", f"{report.tolerance:.2e} nats")
    facts.add_row("siblings that see each other would move by", f"{report.sibling_effect:.2e} nats")


def _verdict(report: SelfCheckReport) -> str:
    if not report.passed:
        return "FAILED: this model's attention ignores the mask, or its positions are shifted"
    if not report.has_power:
        return "passed, with little power: on this model siblings would hardly change each other"
    return "passed: siblings stay isolated and share their position"
