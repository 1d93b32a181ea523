"""Whether one state carries two continuations at their weights, or collapses to one of them."""
