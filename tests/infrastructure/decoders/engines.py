"""TEMPO around the tiny model."""

from tempo.domain.tokens import TokenId
from tempo.infrastructure.decoders.lattice_paths import Engine
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.huggingface.backend import HuggingFaceBackend
from tempo.infrastructure.huggingface.kv_cache import RowCache
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper
from tests.fakes.clustering import LeaderClustering
from tests.fakes.numbered_tokenizer import NumberedTokenizer


class EndingTokenizer(NumberedTokenizer):
    """Token 7 is the text " 7"; the end tokens are a model's."""

    def __init__(self, ends):
        self.end_tokens = frozenset(map(TokenId, ends))


def tiny_engine(plain):
    description = support.describe(plain.model, "tiny")
    remapper = PositionIdRemapper(description.context, plain.device)
    backend = HuggingFaceBackend(plain.model, description, remapper, RowCache)
    return Engine(backend, EndingTokenizer(plain.end_tokens), LeaderClustering())
