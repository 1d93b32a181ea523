"""Where a tokenizer lacks something, or disagrees with its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.diagnosis.finding import Finding, Standing, failed, note
from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.logging import events

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

OTHER = "load the tokenizer that belongs to the model"


def findings_of(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> tuple[Finding, ...]:
    """Return what there is to say of a tokenizer beside its model; one finding a subject."""
    vocabulary = int(model.config.get_text_config().vocab_size)
    return (
        _vocabulary(tokenizer, vocabulary),
        _end(tokenizer, model, vocabulary),
        _begin(tokenizer, model),
        _template(tokenizer),
    )


def require_fitting(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, name: str) -> None:
    """Refuse a tokenizer that is not the model's; log what will be missed at each run.

    Raises:
        UnsupportedModelError: for a vocabulary that the model does not know.
    """
    vocabulary, end, *_ = findings_of(tokenizer, model)
    if vocabulary.standing is Standing.FAILED:
        message = f"{name} has a tokenizer of another model: {vocabulary.found}; {vocabulary.fix}"
        raise UnsupportedModelError(message)
    unending = tokenizer.eos_token_id is None and end.standing is Standing.NOTE
    for finding in (vocabulary, *((end,) if unending else ())):
        if finding.standing is Standing.NOTE:
            events().warning(
                "tokenizer.note", about=finding.subject, found=finding.found, fix=finding.fix
            )


def _vocabulary(tokenizer: PreTrainedTokenizerBase, known: int) -> Finding:
    subject, count = "vocabulary", len(tokenizer)
    strangers = list(range(known, count))
    if not strangers:
        return Finding(subject, f"{count:,} tokens of the {known:,} that the model knows")
    added = set(tokenizer.added_tokens_decoder)
    told = f"the tokenizer has {count:,} tokens, and the model knows {known:,}"
    if added.issuperset(strangers):
        names = ", ".join(tokenizer.convert_ids_to_tokens(strangers)[:3])
        return note(
            subject, f"{told}: {names} were added", "keep these out of prompts, or " + OTHER
        )
    return failed(subject, told, OTHER)


def _end(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, known: int) -> Finding:
    subject, own = "end token", tokenizer.eos_token_id
    ends = _ids(getattr(model.generation_config, "eos_token_id", None))
    if own is None and not ends:
        return note(
            subject,
            "neither the tokenizer nor the model names one: texts go on to max_steps",
            "name stop strings (--stop), or set eos_token_id in generation_config.json",
        )
    beyond = [token for token in (*ends, *_ids(own)) if token >= known]
    if beyond:
        return note(
            subject,
            f"token {beyond[0]} is none of the {known:,} that the model knows: it ends no text",
            f"set eos_token_id in generation_config.json, or {OTHER}",
        )
    if own is not None and ends and own not in ends:
        return note(
            subject,
            f"the tokenizer's is {own}, the model's {', '.join(map(str, ends))}: each ends a text",
            f"set eos_token_id in generation_config.json, or {OTHER}",
        )
    return Finding(subject, ", ".join(map(str, sorted({*ends, *_ids(own)}))))


def _begin(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> Finding:
    subject, own = "begin token", tokenizer.bos_token_id
    told = getattr(model.config.get_text_config(), "bos_token_id", None)
    if own is not None and told is not None and own != told:
        return note(
            subject,
            f"the tokenizer's is {own}, the model's {told}: prompts begin as the tokenizer says",
            f"set bos_token_id in config.json if the tokenizer is right, or {OTHER}",
        )
    return Finding(subject, "none" if own is None else str(own))


def _template(tokenizer: PreTrainedTokenizerBase) -> Finding:
    subject = "chat template"
    if tokenizer.chat_template:
        return Finding(subject, "there is one")
    return note(
        subject,
        "there is none: no system prompt, chat or thinking",
        "give whole prompts, or choose a chat model",
    )


def _ids(told: int | list[int] | tuple[int, ...] | None) -> tuple[int, ...]:
    if told is None:
        return ()
    return (told,) if isinstance(told, int) else tuple(told)
