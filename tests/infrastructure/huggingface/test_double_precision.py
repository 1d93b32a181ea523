"""A model in float64 is read as the model itself answers."""

import pytest
import torch

from tempo.infrastructure.huggingface.attention_mask import mask_dtype
from tempo.infrastructure.huggingface.random_weights import random_model


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@torch.inference_mode()
def test_masks_of_float64_models_change_nothing_that_is_seen(attention):
    model = random_model("llama", 60, attention).double()
    ids = torch.arange(40)[None]
    mask = torch.zeros(1, 1, 40, 40).masked_fill(torch.ones(40, 40).triu(1).bool(), -torch.inf)
    found = model(ids, attention_mask=mask.to(mask_dtype(model))).logits
    torch.testing.assert_close(found, model(ids).logits)
