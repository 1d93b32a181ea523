"""TEMPO: several hypotheses in one sequence state of a language model."""

__all__: list[str] = []
