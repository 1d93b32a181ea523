"""Commands that look inside a model: `tempo experiment capture`, `attention`, `isolation`, ..."""
