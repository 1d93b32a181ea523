"""Processes that hold one model together, as threads of one: no launcher, no sockets."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from threading import Barrier

import torch

from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.ranks.following import Follower
from tempo.infrastructure.ranks.leading import LeadingBackend
from tempo.infrastructure.ranks.telling import REFUSALS, Call, Message

PATIENCE = 30
"""Seconds that one thread waits for the others: where one failed, the others fail too."""


class Meeting:
    """Where threads put what each holds, until all have."""

    def __init__(self, count):
        self.parts = [None] * count
        self.barrier = Barrier(count, timeout=PATIENCE)

    def exchange(self, rank, part):
        self.parts[rank] = part
        self.barrier.wait()
        told = list(self.parts)
        self.barrier.wait()
        return told


class ThreadRanks:
    """One of several threads that hold a model together."""

    def __init__(self, rank, meeting):
        self.rank, self.count, self._meeting = rank, len(meeting.parts), meeting

    def total(self, part):
        parts = [one.clone() for one in self._meeting.exchange(self.rank, part.clone())]
        return part.copy_(torch.stack(parts).sum(0)) if part.is_contiguous() else sum(parts)

    def mean(self, part):
        return self.total(part) / self.count

    def beside(self, part, columns):
        parts = self._meeting.exchange(self.rank, part.clone())
        return torch.cat(parts, 1)[:, :columns].contiguous()


class ThreadTelling:
    """Tells other threads what to repeat, each of them a follower."""

    def __init__(self, followers, meeting):
        self._followers, self._meeting = followers, meeting
        self._threads = ThreadPoolExecutor(len(followers))
        self._waiting = []
        self._before = ""
        self.said = []

    def later(self, verb, *arguments):
        self._waiting.append(Call(verb, arguments))

    def now(self, call, work):
        message = Message(self._before, (*self._waiting, call))
        self._waiting, self._before = [], ""
        self.said.append(message)
        repeated = [self._threads.submit(self._repeat, one, message) for one in self._followers]
        try:
            return work()
        except REFUSALS as error:
            self._before = type(error).__name__
            raise
        finally:
            for one in repeated:
                one.result(PATIENCE)

    def _repeat(self, follower, message):
        try:
            return follower.repeat(message)
        except BaseException:
            self._meeting.barrier.abort()  # as a connection is closed
            raise


class ThreadPart:
    """A thread's part of a model, which is loaded already."""

    def __init__(self, backend):
        self._backend = backend

    def loaded(self):
        return None

    def description(self):
        return self._backend.description

    def backend(self):
        return self._backend


def part_of(model, ranks, **options):
    """Return the weights of a whole Llama-like model that one of several holds."""
    part = deepcopy(model)
    for layer in part.model.layers:
        attention, mlp = layer.self_attn, layer.mlp
        for product in (
            attention.q_proj,
            attention.k_proj,
            attention.v_proj,
            mlp.gate_proj,
            mlp.up_proj,
        ):
            _cut(product, "weight", 0, ranks)
            if product.bias is not None:
                _cut(product, "bias", 0, ranks)
        for product in (attention.o_proj, mlp.down_proj):
            _cut(product, "weight", 1, ranks)
    _cut(part.model.embed_tokens, "weight", 0, ranks)
    _cut(part.lm_head, "weight", 0, ranks)
    weights = Weights.of(part, **options)
    return replace(weights, architecture=weights.architecture.share(ranks.count), ranks=ranks)


def _cut(module, name, axis, ranks):
    whole = getattr(module, name).data
    each = -(-whole.shape[axis] // ranks.count)
    setattr(module, name, torch.nn.Parameter(whole.split(each, axis)[ranks.rank].contiguous()))


def backends(model, decoder, meeting, **options):
    """Return the backend of each thread's part of a model."""
    description, count = support.describe(model, "together"), len(meeting.parts)
    return [
        FusedBackend(decoder(part_of(model, ThreadRanks(rank, meeting), **options)), description)
        for rank in range(count)
    ]


def led(model, decoder, count=2, **options):
    """Return the backend of a model that several threads hold, in the first of them."""
    meeting = Meeting(count)
    first, *others = backends(model, decoder, meeting, **options)
    return leading(first, others, meeting)


def leading(first, others, meeting):
    """Return what leads with the first backend, the others following it in threads."""
    followers = []
    for rank, one in enumerate(others, start=1):
        follower = Follower(lambda _, one=one: ThreadPart(one), rank)
        follower.repeat(Message("", (Call("load", (0, {})),)))
        followers.append(follower)
    return LeadingBackend(first, ThreadTelling(followers, meeting), 0)
