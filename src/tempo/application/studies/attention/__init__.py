"""How later tokens attend to parallel candidates, by layer, head, set size and rank."""
