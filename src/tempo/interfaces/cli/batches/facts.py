"""What `run.json` says of a batch: enough to repeat it."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tempo.application.batches.plan import SWEPT
from tempo.infrastructure.documents import DECIDING
from tempo.interfaces.cli.loading_options import chosen_options
from tempo.interfaces.cli.studies.telling import repeated, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.interfaces.cli.batches.options import BatchAsked
    from tempo.interfaces.cli.batches.prompts import BatchPrompts
    from tempo.interfaces.cli.decoding import ModelChoice
    from tempo.interfaces.python.engine import Engine

FORMAT, VERSION = "tempo batch", 1


def run_facts(
    prompts: BatchPrompts, asked: BatchAsked, model: ModelChoice, engine: Engine
) -> dict[str, Any]:
    """Return what decides the lines of a batch, and where it ran."""
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    plan, description = asked.plan, engine.description
    settings = plan.asked_of({}, None).as_mapping()
    if plan.thresholds:
        del settings[SWEPT]
    return {
        "format": FORMAT,
        "version": VERSION,
        "command": shlex.join(_words(prompts, asked, model)),
        "asked": {
            "prompts": prompts.digest,
            "settings": settings,
            "thresholds": list(plan.thresholds),
            "n_best": plan.texts,
            **asdict(plan.ranking),
            "sample": plan.samples,
            "batch_size": plan.together,
            **asdict(plan.chat),
            "backend": model.backend,
            "save_lattice": asked.output.lattices,
        },
        "model": {
            **asdict(engine.identity),
            "parameters": description.parameters,
            "vocabulary": description.vocabulary,
            "context": description.context,
        },
        "versions": versions(),
        "environment": engine_loading.machine(description.device),
    }


def digest_of(facts: Mapping[str, Any]) -> str:
    """Return a few digits that tell a batch from others."""
    deciding = json.dumps([facts[part] for part in DECIDING], sort_keys=True)
    return hashlib.sha256(deciding.encode()).hexdigest()[:8]


def _words(prompts: BatchPrompts, asked: BatchAsked, model: ModelChoice) -> list[str]:
    """Return the command that repeats a batch, less the folder."""
    plan, output = asked.plan, asked.output
    given: dict[str, object] = {
        "prompt_file": prompts.file,
        "thresholds": ",".join(f"{one!r}" for one in plan.thresholds) or None,
        "batch_size": plan.together,
        "n_best": plan.texts,
        **asdict(plan.ranking),
        "sample": plan.samples or None,
        **asdict(plan.chat),
        "save_lattice": output.lattices,
        **asdict(model),
        **asdict(chosen_options()),
    }
    words = ["tempo", "generate"]
    for name, value in given.items():
        words += _option(name, value)
    for name, value in plan.settings.items():
        words += _option(f"no_{name}", value=True) if value is False else _option(name, value)
    return words if prompts.alone is None else [*words, "--", prompts.alone]


def _option(name: str, value: object) -> list[str]:
    """Return the words of an option; none for what is left out."""
    flag = name.replace("_", "-")
    if value is None or value == "" or value is False or value == 0.0:
        return []
    if value is True:
        return [f"--{flag}"]
    return repeated(flag, value if isinstance(value, (list, tuple)) else [value])
