"""Decode inside `generate` of transformers: TEMPO is one of its decoding methods.

The model, the tokenizer and the call stay as they are; processors, lengths, padding and stopping
criteria are honoured. Several texts and the lattice come back in transformers' own kind of output.
"""

from transformers import AutoModelForCausalLM, AutoTokenizer

import tempo

folder = tempo.embedded_model_path()  # any causal model with rotary positions works
model = AutoModelForCausalLM.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
prompts = ["Once upon a time", "The old king"]
inputs = tokenizer(prompts, return_tensors="pt", padding=True, return_token_type_ids=False)

out = model.generate(
    **inputs,
    custom_generate=tempo.custom_generate,
    max_new_tokens=10,
    selection_threshold=0.05,
    n_best=2,
    return_dict_in_generate=True,
)
for row, score in zip(out.sequences, out.sequences_scores, strict=True):
    print(f"{score:.2f} {tokenizer.decode(row, skip_special_tokens=True)!r}")
for prompt, lattice in zip(prompts, out.lattice, strict=True):
    print(f"{prompt!r} has {lattice.sequence_entropy():.1f} nats over {len(lattice.steps)} steps")

# Prints:
#   -0.23 'Once upon a time, there was a little girl named Lily. She'
#   -0.49 'Once upon a time, there was a little girl named Lily. Lily'
#   -0.98 'The old king and his family were very happy together. They had'
#   -1.00 'The old king and his family were very happy together. One day'
#   'Once upon a time' has 0.9 nats over 10 steps
#   'The old king' has 1.9 nats over 10 steps
