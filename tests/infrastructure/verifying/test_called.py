import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.ports.verifier import Attempt
from tempo.infrastructure.verifying.called import Called


def test_a_function_is_called_with_the_text():
    attempt = Attempt("a park", 3, -1.0, finished=True)
    assert Called.of(lambda text: text.count("a") / len(text)).value(attempt) == pytest.approx(
        2 / 6
    )


def test_what_the_function_raises_is_not_hidden():
    attempt = Attempt("a park", 3, -1.0, finished=True)
    with pytest.raises(ZeroDivisionError):
        Called.of(lambda _: 1 / 0).value(attempt)


@pytest.mark.parametrize("wrong", [3, "dog", ["dog"]])
def test_what_cannot_be_called_is_refused_by_what_it_is(wrong):
    with pytest.raises(InvalidValueError, match="give a function that takes a text") as caught:
        Called.of(wrong)
    assert repr(wrong) in str(caught.value)
