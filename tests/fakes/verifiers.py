"""Verifiers whose answers are known, or that fail."""

from dataclasses import dataclass, field


@dataclass
class Remembering:
    """Values every text alike and takes down what it was asked."""

    worth: float = 0.5
    asked: list = field(default_factory=list)

    def value(self, attempt):
        self.asked.append(attempt)
        return self.worth


@dataclass
class Wanting:
    """Values texts by the share of their letters that are wanted."""

    letter: str

    def value(self, attempt):
        return attempt.text.count(self.letter) / max(1, len(attempt.text))


@dataclass
class Growing:
    """The longer a text, the better; one that has ended is worth nothing."""

    def value(self, attempt):
        return 0.0 if attempt.finished else attempt.tokens / 100


@dataclass
class Failing:
    """Fails on texts that hold a letter; what it answers otherwise is given."""

    letter: str
    otherwise: object = 0.5

    def value(self, attempt):
        if self.letter in attempt.text:
            message = f"no {self.letter}, please"
            raise ValueError(message)
        return self.otherwise
