import re

import pytest

from tempo.domain import errors


def drawn_tree():
    """Child and parent of each line of the tree at the top of the module."""
    parents, drawn = ["Exception"], {}
    for line in errors.__doc__.splitlines():
        found = re.match(r"^([│├└─\s]*)(\w+Error)\b", line)
        if found:
            depth = len(found[1]) // 4 + 1
            drawn[found[2]] = parents[depth - 1]
            parents[depth:] = [found[2]]
    return drawn


def test_the_tree_at_the_top_of_the_module_is_the_tree():
    real = {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert drawn_tree() == {name: value.__bases__[0].__name__ for name, value in real.items()}


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.InvalidValueError, ValueError),
        (errors.NonFiniteLogitsError, ArithmeticError),
        (errors.ChoiceError, LookupError),
        (errors.OutputError, OSError),
    ],
)
def test_an_error_is_also_what_python_would_have_raised(error, builtin):
    assert issubclass(error, builtin)


def test_non_finite_logits_name_their_step():
    error = errors.NonFiniteLogitsError(4)
    assert (error.step, error.partial) == (4, None)
    assert "logits for step 4 are not finite" in str(error)


@pytest.mark.parametrize("kind", [errors.TempoError, errors.ContradictionError, errors.OutputError])
def test_a_very_long_number_is_shortened_whatever_the_error(kind):
    error = kind(f"max_width is {'7' * 300}; it must be from 1 to 64")
    assert str(error) == f"max_width is {'7' * 37}...; it must be from 1 to 64"
    assert str(kind(str(error))) == str(error)


@pytest.mark.parametrize("digits", [1, 20, 40])
def test_a_number_that_can_be_read_stands_whole(digits):
    assert str(errors.ChoiceError(f"step {'7' * digits} is not there")).count("7") == digits
