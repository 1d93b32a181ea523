"""Decode one prompt: the best text, the alternatives beside it, and what it cost.

TEMPO keeps every token above a threshold, all in one sequence and one cache. What comes back is the
most probable path as clean text, and a lattice of everything else that was in play.
"""

import tempo

engine = tempo.load()  # the model that ships; or a folder, or a hub id
result = engine.generate(
    "Lily and her grandmother walked slowly through the",
    max_steps=8,  # tokens of the text
    selection_threshold=0.1,  # keep what is at least so probable ...
    max_width=8,  # ... but no more than so many a step
)

print("text:     ", result.text)
print("bracketed:", result.bracketed)
for candidate in result.lattice.steps[0].candidates[:4]:
    print(f"  {candidate.text!r:10} {candidate.probability:.2f} {candidate.state.value}")
print("passes through the model:", result.cost.passes)

# Prints:
#   text:       park. They saw a big tree with
#   bracketed:  [park/forest/garden]. [Lily/They] [saw/was] a big [tree/slide] [with/and]
#     ' park'    0.29 kept
#     ' forest'  0.18 kept
#     ' garden'  0.13 kept
#     ' stre'    0.04 below_threshold
#   passes through the model: 8
