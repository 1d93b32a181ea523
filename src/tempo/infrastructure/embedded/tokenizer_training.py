"""Training the byte-level BPE tokenizer and wrapping it for Transformers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from .corpus import CHILDRENS_BOOKS, END_OF_TEXT, FAIRY_TALES, STORIES, STORYBOOKS

BOOK_STRIDE: Final = 3
CONTEXT: Final = 1024


def tokenizer_texts(training: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the text that shapes the vocabulary: all stories, and a third of the books."""
    for name in (STORIES, STORYBOOKS, FAIRY_TALES):
        yield from training[name]
    yield from training[CHILDRENS_BOOKS][::BOOK_STRIDE]


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Train a byte-level BPE tokenizer that puts the end-of-text mark before each text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[END_OF_TEXT],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{END_OF_TEXT} $A",
        pair=f"{END_OF_TEXT} $A $B",
        special_tokens=[(END_OF_TEXT, tokenizer.token_to_id(END_OF_TEXT))],
    )
    return tokenizer


def wrap_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """Give a tokenizer the interface and the settings that Transformers saves."""
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def encode_blocks(tokenizer: Tokenizer, blocks: Sequence[str]) -> list[list[int]]:
    """Encode blocks, each with the end-of-text mark before it."""
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(blocks))]
