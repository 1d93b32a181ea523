"""Any RoPE causal language model of transformers, through position ids and an explicit mask."""
