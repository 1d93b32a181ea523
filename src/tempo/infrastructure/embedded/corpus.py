"""Reading the story corpus and keeping its held-out blocks away from all training."""

import lzma
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Final

END_OF_TEXT: Final = "<|endoftext|>"
STORIES: Final = "tinystories_all"
STORIES_HELD_OUT: Final = "tinystories_valid"
STORYBOOKS: Final = "storybooks_ccby"
FAIRY_TALES: Final = "fairytaleqa"
CHILDRENS_BOOKS: Final = "chilit_gutenberg"
NOVELS: Final = "novels_gutenberg_optional"
TRAINING_SOURCES: Final = (STORIES, STORYBOOKS, FAIRY_TALES, CHILDRENS_BOOKS, NOVELS)
HELD_OUT_STRIDE: Final = 25
SHINGLE_WORDS: Final = 8
DUPLICATE_SHARE: Final = 0.5
_WORD: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Split:
    """Blocks of text by source name: those for training and those kept for measuring."""

    training: Mapping[str, tuple[str, ...]]
    held_out: Mapping[str, tuple[str, ...]]


def read_blocks(path: Path) -> tuple[str, ...]:
    """Read an xz file's blocks, in order and without the newlines around them."""
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        return tuple(_blocks_of(stream))


def _blocks_of(lines: Iterable[str]) -> Iterator[str]:
    """Gather lines into blocks at each line that holds only the end-of-text mark."""
    gathered: list[str] = []
    for line in (*lines, END_OF_TEXT):
        if line.strip() != END_OF_TEXT:
            gathered.append(line)
            continue
        block = "".join(gathered).strip("\n")
        gathered.clear()
        if block:
            yield block


def split_corpus(folder: Path) -> Split:
    """Read the corpus in a folder and divide it into training and held-out blocks.

    Held out are the whole story validation file and every 25th block, from the first,
    of the children's books. Training blocks that repeat a held-out block are dropped.
    """
    blocks = {name: read_blocks(source_path(folder, name)) for name in TRAINING_SOURCES}
    books = blocks[CHILDRENS_BOOKS]
    held_out = {
        STORIES_HELD_OUT: read_blocks(source_path(folder, STORIES_HELD_OUT)),
        CHILDRENS_BOOKS: books[::HELD_OUT_STRIDE],
    }
    blocks[CHILDRENS_BOOKS] = tuple(
        block for index, block in enumerate(books) if index % HELD_OUT_STRIDE
    )
    shingles = frozenset().union(*map(_shingles, chain.from_iterable(held_out.values())))
    training = {
        name: tuple(block for block in kept if not _repeats(block, shingles))
        for name, kept in blocks.items()
    }
    return Split(MappingProxyType(training), MappingProxyType(held_out))


def source_path(folder: Path, name: str) -> Path:
    """Name the compressed file of a source."""
    return folder / f"{name}.txt.xz"


def _shingles(block: str) -> frozenset[tuple[str, ...]]:
    """Collect a block's runs of eight words, without regard to case or punctuation."""
    words = _WORD.findall(block.lower())
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(tuple(words[start : start + SHINGLE_WORDS]) for start in range(last))


def _repeats(block: str, held_out: frozenset[tuple[str, ...]]) -> bool:
    """Tell whether half of a block's word runs or more also occur in held-out text."""
    shingles = _shingles(block)
    return len(shingles & held_out) >= DUPLICATE_SHARE * len(shingles)
