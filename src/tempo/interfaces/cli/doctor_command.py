"""`tempo doctor`."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tempo.application.diagnosis.finding import Finding, Standing, failed
from tempo.application.diagnosis.machine import machine_findings
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.failures import WRONG_INPUT
from tempo.interfaces.cli.loading_options import chosen_options, with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tempo.application.diagnosis.laws import LawReport
    from tempo.application.self_check import SelfCheckReport
    from tempo.domain.ports.model_backend import ModelDescription

PARTS = ("tempo-decoding", "torch", "transformers", "tokenizers", "numpy")

OTHER_ATTENTION = (
    "try --backend transformers, or load the model with attn_implementation='eager'; if it still "
    "fails, TEMPO cannot decode this model rightly"
)


@with_loading_options
def doctor(
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
    *,
    port: Annotated[
        int, typer.Option(help="The port that tempo serve would take.", min=1, max=65_535)
    ] = 8000,
) -> int:
    """Look at this machine and a model, hold the laws against it, and say what to mend and how."""
    from tempo.infrastructure.container import (  # noqa: PLC0415 - takes seconds
        Container,
        backend_name,
    )
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds
    from tempo.interfaces.python.engine import CHECK_PROMPT  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_row("python", platform.python_version())
    for part in PARTS:
        facts.add_row(part, version(part))
    measured = Container().machine_facts(model, device, chosen_options().cache_dir, port)
    machine = machine_findings(measured)
    console.print(facts)
    _tell(console, machine)
    engine = engine_loading.loaded_engine(
        model, device, dtype, backend, random_weights, check=False
    )
    container = engine.container
    prompt = container.tokenizer().encode(CHECK_PROMPT)
    report = container.self_check().run(prompt)
    told = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    _add_model(told, engine.description)
    told.add_row("backend", backend_name(container.backend()))
    _add_report(told, report)
    console.print(told)
    findings = (*container.tokenizer_findings(), *map(_law, container.law_check().run(prompt)))
    _tell(console, findings)
    console.print(_verdict(report))
    worst = [one for one in (*machine, *findings) if one.standing is Standing.FAILED]
    return 0 if report.passed and not worst else WRONG_INPUT


def _tell(console: Console, findings: Iterable[Finding]) -> None:
    """Print each finding in a line, and what to do in the next."""
    for finding in findings:
        line = f"{finding.standing.value:<7} {finding.subject}: {finding.found}"
        console.print(readable(line), markup=False)
        if finding.fix:
            console.print(readable(f"        fix: {finding.fix}"), markup=False)


def _law(report: LawReport) -> Finding:
    subject = f"law {report.number}"
    told = f"{report.law} (within {report.difference:.1e} of {report.tolerance:g} nats)"
    if report.holds:
        return Finding(subject, told)
    return failed(subject, f"broken: {told}", OTHER_ATTENTION)


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
