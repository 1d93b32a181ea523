"""The best texts with exact scores, and where the model hesitates, from the same run.

Scores are log-probabilities of whole texts under the plain model. Entropy says how open a step was,
the posterior which share of all the lattice's paths goes through the token that is shown.
"""

import tempo

engine = tempo.load()
result = engine.generate(
    "The old king opened the door and saw a", max_steps=8, selection_threshold=0.08
)

for text in result.n_best(3):
    print(f"{text.log_probability:6.2f} {text.text!r}")

print(result.uncertainty)
hardest = max(result.uncertainty, key=lambda step: step.entropy)
print(f"most open: step {hardest.step}, {hardest.text!r}")
print(f"entropy of the whole text: {result.lattice.sequence_entropy():.1f} nats")
print("drawn from it:", *result.sample(1, seed=7))

# Prints:
#    -9.91 ' little girl. She was wearing a beautiful'
#   -10.41 ' little girl. She was wearing a big'
#   -17.25 ' little boy. She was wearing a big'
#   step  entropy  width  posterior  token
#      0     4.99      1      1.000  ' little'
#      1     2.77      2      0.690  ' girl'
#      2     3.29      3      0.999  '.'
#      3     2.86      3      0.999  ' She'
#      4     3.63      3      0.999  ' was'
#      5     4.42      3      0.999  ' wearing'
#      6     3.63      1      1.000  ' a'
#      7     4.00      2      0.626  ' beautiful'
#   most open: step 0, ' little'
#   entropy of the whole text: 1.3 nats
#   drawn from it:  little girl. She was wearing a beautiful
