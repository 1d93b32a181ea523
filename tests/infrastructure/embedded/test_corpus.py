"""The held-out blocks of the corpus reach neither the training text nor the tokenizer's."""

import lzma

import pytest

from tempo.infrastructure.embedded.corpus import (
    CHILDRENS_BOOKS,
    END_OF_TEXT,
    STORIES,
    STORIES_HELD_OUT,
    TRAINING_SOURCES,
    read_blocks,
    source_path,
    split_corpus,
)
from tempo.infrastructure.embedded.tokenizer_training import tokenizer_texts


def block(source, number):
    words = (f"{source}{number}word{position}" for position in range(20))
    return "\n".join((" ".join(words), "The end."))


def write_source(folder, name, blocks):
    text = "".join(f"{text}\n{END_OF_TEXT}\n" for text in blocks)
    source_path(folder, name).write_bytes(lzma.compress(text.encode()))


@pytest.fixture
def blocks():
    names = (*TRAINING_SOURCES, STORIES_HELD_OUT)
    written = {name: [block(name, number) for number in range(4)] for name in names}
    written[CHILDRENS_BOOKS] = [block(CHILDRENS_BOOKS, number) for number in range(60)]
    return written


@pytest.fixture
def split(tmp_path, blocks):
    for name, texts in blocks.items():
        write_source(tmp_path, name, texts)
    return split_corpus(tmp_path)


def test_blocks_are_read_in_order_without_the_newlines_around_them(tmp_path):
    write_source(tmp_path, STORIES, ["one\n\ntwo", "\nthree\n", "", "four"])
    assert read_blocks(source_path(tmp_path, STORIES)) == ("one\n\ntwo", "three", "four")


def test_a_last_block_needs_no_mark_after_it(tmp_path):
    path = source_path(tmp_path, STORIES)
    path.write_bytes(lzma.compress(f"one\n{END_OF_TEXT}\ntwo\n".encode()))
    assert read_blocks(path) == ("one", "two")


def test_every_25th_childrens_block_is_held_out_from_the_first(split, blocks):
    written = blocks[CHILDRENS_BOOKS]
    assert split.held_out[CHILDRENS_BOOKS] == (written[0], written[25], written[50])
    kept = tuple(text for index, text in enumerate(written) if index not in {0, 25, 50})
    assert split.training[CHILDRENS_BOOKS] == kept


def test_the_whole_story_validation_file_is_held_out(split, blocks):
    assert split.held_out[STORIES_HELD_OUT] == tuple(blocks[STORIES_HELD_OUT])
    assert set(split.training) == set(TRAINING_SOURCES)


def test_no_held_out_block_is_in_training_or_in_the_tokenizers_text(split):
    held_out = {text for texts in split.held_out.values() for text in texts}
    training = {text for texts in split.training.values() for text in texts}
    assert not held_out & training
    tokenizer_text = set(tokenizer_texts(split.training))
    assert tokenizer_text
    assert tokenizer_text <= training


@pytest.mark.parametrize("source", [STORIES_HELD_OUT, CHILDRENS_BOOKS])
@pytest.mark.parametrize("change", [str, str.upper, lambda text: text.replace(" ", ", ")])
def test_a_training_block_that_repeats_a_held_out_one_is_dropped(tmp_path, blocks, source, change):
    blocks[STORIES].insert(1, change(blocks[source][0]))
    for name, texts in blocks.items():
        write_source(tmp_path, name, texts)
    expected = (blocks[STORIES][0], *blocks[STORIES][2:])
    assert split_corpus(tmp_path).training[STORIES] == expected
