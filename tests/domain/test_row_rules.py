import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.row_rules import RowRules


def test_the_default_changes_nothing():
    assert RowRules().is_plain
    assert not RowRules(temperature=0.9).is_plain
    assert not RowRules(top_k=5).is_plain


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("temperature", [1e-3, 5.0], [0.0, -1.0, float("nan")]),
        ("top_k", [None, 1, 100], [0, -1]),
        ("top_p", [None, 1e-3, 1.0], [0.0, 1.1, float("nan")]),
        ("min_p", [None, 0.0, 1.0], [-0.1, 1.1, float("nan")]),
        ("repetition_penalty", [0.5, 2.0], [0.0, -1.0, float("nan")]),
    ],
)
def test_each_rule_has_its_range(name, allowed, refused):
    for value in allowed:
        assert getattr(RowRules(**{name: value}), name) == value
    for value in refused:
        with pytest.raises(InvalidValueError, match=f"{name} is {value}; it must be"):
            RowRules(**{name: value})
