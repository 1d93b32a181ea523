from dataclasses import replace

import pytest

from tempo.domain.errors import ModelError, OtherModelError
from tempo.domain.model_identity import ModelIdentity, require_same_model

THEN = ModelIdentity("embedded", "llama", "a" * 64, "b" * 64, "float32", "cpu")


def refusal(given):
    with pytest.raises(OtherModelError) as caught:
        require_same_model(THEN, given)
    return str(caught.value)


def test_a_model_is_itself_under_another_name_dtype_and_device():
    require_same_model(THEN, replace(THEN, name="copy", dtype="bfloat16", device="cuda"))


def test_it_is_said_which_part_differs():
    model = refusal(replace(THEN, name="other", fingerprint="c" * 64))
    assert model == (
        "the lattice was made by embedded (llama, float32) and this is other (llama, float32): "
        "the model differs (aaaaaaaaaaaa then, cccccccccccc now); "
        "give the model that made it, in the same dtype"
    )
    tokenizer = refusal(replace(THEN, tokenizer_fingerprint="c" * 64))
    assert "the tokenizer differs (bbbbbbbbbbbb then, cccccccccccc now)" in tokenizer
    assert "the model differs" not in tokenizer
    both = refusal(replace(THEN, fingerprint="c" * 64, tokenizer_fingerprint="d" * 64))
    assert ": the model differs (" in both
    assert " and the tokenizer differs (" in both


def test_another_model_is_an_error_about_the_model():
    assert issubclass(OtherModelError, ModelError)
