"""docs/models.md, from a run of the laws on every family: `make models-page`."""

import logging
import sys

from transformers import logging as theirs

from tempo.application.diagnosis.laws import LawCheck
from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.configuration import FAMILIES
from tempo.infrastructure.fused_llama.choosing import chosen_backend
from tempo.infrastructure.huggingface.backend import HuggingFaceBackend
from tempo.infrastructure.huggingface.kv_cache import RowCache
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.huggingface.support import describe
from tests.fakes.numbered_tokenizer import NumberedTokenizer
from tests.families import refused

VOCABULARY = 120
CONTEXT = 200
PROMPT = (3, 5, 8, 2, 7)
STEPS = 5

CALLED = {
    "llama": "Llama 2 and 3, SmolLM 1 and 2",
    "cogito": "Cogito v1 preview 3B, Llama 3.2: scaled rotations, tied embeddings",
    "mistral": "Mistral",
    "mixtral": "Mixtral",
    "qwen2": "Qwen2, Qwen2.5",
    "qwen3": "Qwen3",
    "gemma": "Gemma 1",
    "gemma2": "Gemma 2, up to its window",
    "gemma3": "Gemma 3, up to its window",
    "phi3": "Phi-3",
    "gpt_neox": "GPT-NeoX, Pythia",
    "olmo2": "OLMo 2",
    "granite": "Granite 3",
    "smollm3": "SmolLM3",
}

HEAD = """\
# Models

Which models TEMPO decodes, and which it refuses. This page is written by a test run:
`make models-page` draws a small model of each family at random, decodes with it, and holds
[the laws](explanation.md) that a model can break against it; a test fails where the page is not
what the run gives.

| law | |
|---|---|
{laws}

`tempo doctor --model ...` holds the same laws against any model.

## Decoded

Laws held on transformers' own modules, and on the fused decoder (compiled for processors), which
`--backend auto` takes on a processor where it knows the family.

| family | models | `auto` takes | laws on transformers | laws on fused |
|---|---|---|---|---|
{decoded}

`--random-weights FAMILY` draws the same small models. Where a model has layers with a sliding
window, its context ends at the window.

## Refused

| model | why |
|---|---|
{refused}
"""


def held(backend):
    """Return the numbers of the laws that a backend holds, in words."""
    reports = LawCheck(backend, NumberedTokenizer()).run(PROMPT, STEPS)
    broken = [str(report.number) for report in reports if not report.holds]
    kept = ", ".join(str(report.number) for report in reports if report.holds)
    return (f"{kept}; broken: {', '.join(broken)}" if broken else kept), reports


def family_row(family):
    model = random_model(family, VOCABULARY, context=CONTEXT)
    description = describe(model, family)
    remapper = PositionIdRemapper(description.context, model.device)
    plain = HuggingFaceBackend(model, description, remapper, RowCache)
    on_plain, reports = held(plain)
    taken = chosen_backend("auto", model, description, lambda: plain)
    on_fused = "" if taken is plain else held(taken)[0]
    kind = "transformers" if taken is plain else "fused"
    return f"| `{family}` | {CALLED[family]} | {kind} | {on_plain} | {on_fused} |", reports


def refusal_row(told, build):
    try:
        describe(build(), "it")
    except UnsupportedModelError as error:
        return f"| {told} | {str(error).split('cannot be decoded here: ')[1]} |"
    return f"| {told} | not refused |"


def page():
    rows, reports = zip(*map(family_row, FAMILIES), strict=True)
    laws = [f"| {report.number} | {report.law} |" for report in reports[0]]
    refusals = [refusal_row(told, build) for told, build in refused.MODELS.items()]
    return HEAD.format(laws="\n".join(laws), decoded="\n".join(rows), refused="\n".join(refusals))


if __name__ == "__main__":
    theirs.set_verbosity_error()
    logging.disable(logging.WARNING)
    sys.stdout.write(page())
