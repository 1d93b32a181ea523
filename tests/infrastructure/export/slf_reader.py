"""A strict reader of HTK's lattice format, written from the HTK Book and from nothing of ours."""

import math
import re
from dataclasses import dataclass

HEADER = {"VERSION", "UTTERANCE", "base", "lmscale", "wdpenalty"}
NODE = ["I", "t", "W", "code"]
LINK = ["J", "S", "E", "a", "l", "p"]
ESCAPE = re.compile(rb"\\([0-7]{3}|[^0-7])")


@dataclass(frozen=True)
class Node:
    time: float
    raw: str
    word: bytes
    code: int | None


@dataclass(frozen=True)
class Link:
    start: int
    end: int
    acoustic: float
    language: float
    posterior: float


@dataclass(frozen=True)
class WordLattice:
    header: dict[str, str]
    nodes: list[Node]
    links: list[Link]

    @property
    def first(self):
        (only,) = set(range(len(self.nodes))) - {link.end for link in self.links}
        return only

    @property
    def last(self):
        (only,) = set(range(len(self.nodes))) - {link.start for link in self.links}
        return only

    def score(self, link):
        """The log-likelihood by which HTK ranks, in nats; times and penalties aside."""
        scale = float(self.header["lmscale"]) * link.language + float(self.header["wdpenalty"])
        return (link.acoustic + scale) * math.log(float(self.header["base"]))

    def link_posteriors(self):
        """Forward-backward over the links, from their scores alone."""
        forward = {self.first: 1.0}
        for link in sorted(self.links, key=lambda link: link.start):
            ahead = forward[link.start] * math.exp(self.score(link))
            forward[link.end] = forward.get(link.end, 0.0) + ahead
        backward = {self.last: 1.0}
        for link in sorted(self.links, key=lambda link: -link.start):
            behind = backward[link.end] * math.exp(self.score(link))
            backward[link.start] = backward.get(link.start, 0.0) + behind
        return [
            forward[link.start]
            * math.exp(self.score(link))
            * backward[link.end]
            / forward[self.last]
            for link in self.links
        ]


def unquoted(word):
    """A string as HTK reads it: quotes may enclose it, a backslash takes the next literally."""
    assert word[0] not in "\"'", "this reader takes no quoted strings"
    assert re.fullmatch(r"[!-~]+", word), "printable ASCII without white space"
    return ESCAPE.sub(
        lambda one: bytes([int(one[1], 8)]) if len(one[1]) == 3 else one[1], word.encode("ascii")
    )


def fields(line):
    found = dict(field.split("=", 1) for field in line.split(" "))
    assert len(found) == len(line.split(" ")), f"a field twice: {line}"
    assert all(found.values()), f"a field without a value: {line}"
    return found


def read(text):
    """Read one lattice; anything that the format does not say is an error."""
    assert text.isascii()
    assert text.endswith("\n")
    lines = text.removesuffix("\n").split("\n")
    header = {}
    while not lines[0].startswith("N="):
        more = fields(lines.pop(0))
        assert not set(more) & set(header)
        header |= more
    assert set(header) == HEADER
    assert header["VERSION"] == "1.0"
    size = fields(lines.pop(0))
    assert list(size) == ["N", "L"]
    nodes, links = int(size["N"]), int(size["L"])
    assert len(lines) == nodes + links
    found = WordLattice(
        header,
        [node(number, line) for number, line in enumerate(lines[:nodes])],
        [link(number, line) for number, line in enumerate(lines[nodes:])],
    )
    for one in found.links:
        assert 0 <= one.start < one.end < nodes
        assert found.nodes[one.start].time <= found.nodes[one.end].time
    return found


def node(number, line):
    found = fields(line)
    assert list(found) == NODE[: len(found)]
    assert found["I"] == str(number)
    code = found.get("code")
    return Node(
        float(found["t"]), found["W"], unquoted(found["W"]), None if code is None else int(code)
    )


def link(number, line):
    found = fields(line)
    assert list(found) == LINK
    assert found["J"] == str(number)
    figures = [float(found[name]) for name in ("a", "l", "p")]
    assert all(map(math.isfinite, figures))
    return Link(int(found["S"]), int(found["E"]), *figures)
