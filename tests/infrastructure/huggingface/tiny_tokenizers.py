"""Tokenizers of the kinds that models have, trained on two sentences."""

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

TEXTS = (
    "Once upon a time there was a little fox who went to the park.",
    "The fox and the other fox, over there [in the garden]: «who»?\n\n",
)
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for turn in messages %}<|header|>{{ turn['role'] }}\n\n{{ turn['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|header|>assistant\n\n{% endif %}"
)
SPECIAL = ["<|begin|>", "<|end|>"]


def wrapped(tokenizer, template=None):
    """Wrap as transformers does; `<|header|>` is special without a role of its own."""
    tokenizer.add_special_tokens(["<|header|>"])
    tokenizer.add_tokens(["<think>"])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=SPECIAL[0],
        eos_token=SPECIAL[1],
        chat_template=template,
    )


def byte_level(template=None):
    """As GPT-2, Llama 3 and Qwen: every byte is a character of the vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return wrapped(tokenizer, template)


def sentence_piece(*, prefix):
    """As Llama 2 (with a prefix space) and Gemma (without): characters, bytes where unknown."""
    vocabulary = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))]
    vocabulary += [*"▁abcdefghijklmnopqrstuvwxyzOT.,:?[]/", "th", "the", "▁the", "fo", "fox"]
    merges = [("t", "h"), ("th", "e"), ("▁", "the"), ("f", "o"), ("fo", "x")]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={piece: index for index, piece in enumerate(vocabulary)},
            merges=merges,
            byte_fallback=True,
            fuse_unk=True,
        )
    )
    spaces = normalizers.Replace(" ", "▁")
    tokenizer.normalizer = (
        normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if prefix else spaces
    )
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)] if prefix else steps)
    tokenizer.add_special_tokens(SPECIAL)
    return wrapped(tokenizer)


def metaspace(scheme):
    """As plain BPE over words that start with a visible space; no bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
    alphabet = list("▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,:;!?[]/«»\n")
    trainer = trainers.BpeTrainer(
        vocab_size=150, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return wrapped(tokenizer)


def words():
    """As BERT: word pieces, and a decoder that no rule of ours spells."""
    vocabulary = [*SPECIAL, "[UNK]", "the", "fox", "##es", "park"]
    tokenizer = Tokenizer(
        models.WordPiece(
            vocab={piece: index for index, piece in enumerate(vocabulary)}, unk_token="[UNK]"
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece()
    return wrapped(tokenizer)
