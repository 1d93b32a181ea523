import pytest

from tempo.infrastructure.huggingface.random_weights import random_model
from tests.interfaces.transformers_generate.calls import VOCABULARY


@pytest.fixture(scope="session")
def model():
    model = random_model("llama", VOCABULARY, seed=4)
    model.generation_config.eos_token_id = None
    return model
