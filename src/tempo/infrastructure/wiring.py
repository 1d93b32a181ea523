"""Everything that TEMPO is made of, wired: use-cases over adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dependency_injector import providers

from tempo.application.batches.run import BatchRun
from tempo.application.decoding.generate import Generate
from tempo.application.decoding.many import GenerateMany
from tempo.application.decoding.rescoring import Rescore
from tempo.application.decoding.steering import SteeredRun
from tempo.application.decoding.watching import RunWatch
from tempo.application.diagnosis.laws import LawCheck
from tempo.application.measuring import Measure
from tempo.application.n_best import NBest
from tempo.application.path_scores import PathScores
from tempo.application.records.rerun import Rerun
from tempo.application.self_check import SelfCheck
from tempo.application.step_attention import StepAttention
from tempo.application.studies.ambiguity.study import AmbiguityStudy
from tempo.application.studies.attention.study import AttentionStudy
from tempo.application.studies.capture.study import CaptureRun
from tempo.application.studies.consolidation.study import ConsolidationStudy
from tempo.application.studies.early_exit.study import EarlyExitStudy
from tempo.application.studies.fidelity.study import FidelityStudy
from tempo.application.studies.gaps.study import GapsStudy
from tempo.application.studies.isolation.study import IsolationStudy
from tempo.application.studies.lens.study import LensStudy
from tempo.application.studies.pruning.study import PruningStudy
from tempo.application.token_scores import TokenScores
from tempo.domain.model_identity import ModelIdentity
from tempo.infrastructure.batching.shared_passes import SharedPasses
from tempo.infrastructure.benchmarking.long_models import apart
from tempo.infrastructure.clustering.kmeans import KMeansClustering
from tempo.infrastructure.configuration import (
    EMBEDDED,
)
from tempo.infrastructure.consolidation.llama_model import LlamaModel
from tempo.infrastructure.diagnosis.machine_facts import machine_facts
from tempo.infrastructure.documents import Documents
from tempo.infrastructure.fused_llama.choosing import chosen_backend
from tempo.infrastructure.fused_llama.early_exit import leaving_early, pass_cost
from tempo.infrastructure.huggingface.activations.source import ModelActivations
from tempo.infrastructure.huggingface.attention_mask import mask_dtype
from tempo.infrastructure.huggingface.backend import HuggingFaceBackend
from tempo.infrastructure.huggingface.kv_cache import RowCache
from tempo.infrastructure.huggingface.mixed_inputs import EmbeddingMixer
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper
from tempo.infrastructure.huggingface.tokenizer import HuggingFaceTokenizer
from tempo.infrastructure.huggingface.tokenizer_findings import findings_of
from tempo.infrastructure.huggingface.unmasked import UnmaskedModel
from tempo.infrastructure.logging import events, tell_near
from tempo.infrastructure.profiling.device import memory_bound
from tempo.infrastructure.ranks.membership import described_together, led, loaded_together

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from tempo.application.decoding.cost import PhaseObserver
    from tempo.domain.ports.model_backend import ModelDescription


def _end_tokens(model: PreTrainedModel) -> tuple[int, ...]:
    """Return the end tokens that a model's generation configuration names."""
    config = getattr(model, "generation_config", None)
    named = getattr(config, "eos_token_id", None)
    if named is None:
        return ()
    return tuple(named) if isinstance(named, (list, tuple)) else (int(named),)


class Container(Documents):
    """Everything that TEMPO is made of."""

    config = providers.Configuration(
        default={
            "model": EMBEDDED,
            "device": "auto",
            "dtype": "auto",
            "backend": "auto",
            "random_weights": "",
            "options": None,
            "max_memory_gb": None,
        }
    )
    logger = providers.Singleton(events)
    loaded = providers.Singleton(
        loaded_together,
        name=config.model,
        device=config.device,
        dtype=config.dtype,
        random_weights=config.random_weights,
        options=config.options,
        backend=config.backend,
    )
    model = loaded.provided.model
    plain_model = providers.Singleton(apart, model=model)
    description = providers.Singleton(described_together, model=model, name=loaded.provided.name)
    remapper = providers.Singleton(
        PositionIdRemapper, context=description.provided.context, device=model.device
    )
    cache = providers.Factory(RowCache)
    mask_type = providers.Singleton(mask_dtype, model=model)
    plain_backend = providers.Singleton(
        HuggingFaceBackend,
        model=model,
        description=description,
        remapper=remapper,
        new_cache=cache.provider,
        mask_dtype=mask_type,
    )
    backend = providers.Singleton(
        led,
        backend=providers.Singleton(
            chosen_backend,
            kind=config.backend,
            model=model,
            description=description,
            otherwise=plain_backend.provider,
        ),
        model=model,
    )
    activations = providers.Singleton(ModelActivations, model=model)
    end_tokens = providers.Singleton(_end_tokens, model=model)
    tokenizer = providers.Singleton(
        HuggingFaceTokenizer,
        tokenizer=loaded.provided.tokenizer,
        end_tokens=end_tokens,
        vocabulary=description.provided.vocabulary,
    )
    tokenizer_findings = providers.Callable(
        findings_of, tokenizer=loaded.provided.tokenizer, model=model
    )
    clustering = providers.Singleton(KMeansClustering)
    phase_observer: providers.Object[PhaseObserver | None] = providers.Object(None)
    memory_bound = providers.Factory(memory_bound, gigabytes=config.max_memory_gb, backend=backend)
    watch = providers.Factory(
        RunWatch,
        observer=phase_observer,
        memory=memory_bound,
        warn=providers.Object(tell_near),
    )
    # Runs that share passes stand in their phases at the same time: nobody observes those.
    shared_watch = providers.Factory(
        RunWatch, memory=memory_bound, warn=providers.Object(tell_near)
    )
    generate = providers.Factory(
        Generate, backend=backend, tokenizer=tokenizer, clustering=clustering, watch=watch
    )
    shared_passes = providers.Singleton(SharedPasses, backend=backend)
    capture_run = providers.Factory(CaptureRun, generate=generate, activations=activations)
    generate_many = providers.Factory(
        GenerateMany,
        backend=shared_passes,
        sharing=shared_passes,
        tokenizer=tokenizer,
        clustering=clustering,
        watch=shared_watch,
    )
    steered = providers.Factory(
        SteeredRun, backend=backend, tokenizer=tokenizer, clustering=clustering
    )
    n_best = providers.Factory(NBest, backend=backend)
    step_attention = providers.Factory(StepAttention, backend=backend)
    rescore = providers.Factory(Rescore, backend=backend)
    token_scores = providers.Factory(TokenScores, backend=backend)
    path_scores = providers.Factory(PathScores, backend=backend)
    batch_run = providers.Factory(
        BatchRun, many=generate_many, n_best=n_best, scores=path_scores, tokenizer=tokenizer
    )
    rerun = providers.Factory(Rerun, backend=backend, tokenizer=tokenizer, clustering=clustering)
    measure = providers.Factory(Measure, n_best=n_best)
    fidelity = providers.Factory(FidelityStudy, backend=backend, tokenizer=tokenizer)
    mixed_inputs = providers.Singleton(EmbeddingMixer, model=plain_model)
    ambiguity_study = providers.Factory(
        AmbiguityStudy, backend=backend, tokenizer=tokenizer, inputs=mixed_inputs
    )
    consolidating_model = providers.Singleton(LlamaModel, model=model)
    consolidation_study = providers.Factory(
        ConsolidationStudy, model=consolidating_model, tokenizer=tokenizer
    )
    attention_study = providers.Factory(
        AttentionStudy, generate=generate, tokenizer=tokenizer, activations=activations
    )
    isolation_study = providers.Factory(
        IsolationStudy, generate=generate, backend=backend, tokenizer=tokenizer
    )
    unmasked = providers.Singleton(UnmaskedModel, model=model)
    gaps_study = providers.Factory(
        GapsStudy,
        backend=plain_backend,
        tokenizer=tokenizer,
        activations=activations,
        unmasked=unmasked,
    )
    lens_study = providers.Factory(
        LensStudy, backend=plain_backend, tokenizer=tokenizer, activations=activations
    )
    pruning_study = providers.Factory(PruningStudy, backend=backend, tokenizer=tokenizer)
    exiting = providers.Callable(leaving_early, backend)
    early_exit_study = providers.Factory(
        EarlyExitStudy,
        backend=backend,
        tokenizer=tokenizer,
        exiting=exiting.provider,
        cost=providers.Callable(pass_cost, backend=backend),
    )
    machine_facts = providers.Callable(machine_facts)
    self_check = providers.Factory(SelfCheck, backend=backend)
    law_check = providers.Factory(LawCheck, backend=backend, tokenizer=tokenizer)


def identity_of(container: Container) -> ModelIdentity:
    """Return what tells a container's model and tokenizer from others."""
    description: ModelDescription = container.backend().description
    return ModelIdentity(
        name=description.name,
        family=description.family,
        fingerprint=description.fingerprint,
        tokenizer_fingerprint=container.tokenizer().fingerprint,
        dtype=description.dtype,
        device=description.device,
    )
