"""The study of early exit: where rows may leave a model, what that costs and what it saves."""
