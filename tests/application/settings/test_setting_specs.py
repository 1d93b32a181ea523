import math
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import pytest

from tempo.application.settings.specs import Group, SettingSpec, read_value, setting, spec_of
from tempo.domain.errors import InvalidValueError

spec = partial(SettingSpec, label="A setting", advice="Leave it.")

WHOLE = spec(int, "1 or more", "A count.", Group.SELECTION)
REAL = spec(float, "from 0 to 1", "A share.", Group.SELECTION)
OPTIONAL = spec(float, "from 0 to 1", "A share.", Group.SELECTION, optional=True)
SWITCH = spec(bool, "true or false", "A switch.", Group.EXPERT)
RULE = spec(str, "a rule", "A rule.", Group.EXPERT, ("red", "green"))
TEXTS = spec(list, "one or more strings", "Texts.", Group.STOPPING)


def refusal(value, spec):
    with pytest.raises(InvalidValueError) as caught:
        read_value("size", value, spec)
    return str(caught.value)


@pytest.mark.parametrize(
    ("spec", "given", "read"),
    [
        (WHOLE, 3, 3),
        (WHOLE, "3", 3),
        (WHOLE, 3.0, 3),
        (WHOLE, "1e3", 1000),
        (WHOLE, -2, -2),
        (REAL, 1, 1.0),
        (REAL, "0.25", 0.25),
        (REAL, "inf", math.inf),
        (OPTIONAL, None, None),
        (OPTIONAL, "0.5", 0.5),
        (SWITCH, True, True),
        (SWITCH, False, False),
        (RULE, "green", "green"),
        (TEXTS, "end", ("end",)),
        (TEXTS, ["a", "b"], ("a", "b")),
        (TEXTS, (), ()),
    ],
)
def test_a_value_is_read_into_the_type_of_its_setting(spec, given, read):
    found = read_value("size", given, spec)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("spec", "given", "sentence"),
    [
        (WHOLE, "many", "size is 'many'; it must be a whole number, 1 or more"),
        (WHOLE, 2.5, "size is 2.5; it must be a whole number, 1 or more"),
        (WHOLE, "inf", "size is 'inf'; it must be a whole number, 1 or more"),
        (WHOLE, True, "size is True; it must be a whole number, 1 or more"),
        (WHOLE, None, "size is None; it must be a whole number, 1 or more"),
        (WHOLE, [3], "size is [3]; it must be a whole number, 1 or more"),
        (REAL, "nan", "size is 'nan'; it must be a number, from 0 to 1"),
        (REAL, "", "size is ''; it must be a number, from 0 to 1"),
        (SWITCH, 1, "size is 1; it must be true or false"),
        (SWITCH, "true", "size is 'true'; it must be true or false"),
        (SWITCH, None, "size is None; it must be true or false"),
        (RULE, "blue", "size is 'blue'; it must be one of red, green"),
        (RULE, ["red"], "size is ['red']; it must be one of red, green"),
        (TEXTS, 5, "size is 5; it must be one or more strings"),
        (TEXTS, ["a", 5], "size is ['a', 5]; it must be one or more strings"),
        (TEXTS, b"a", "size is b'a'; it must be one or more strings"),
        (TEXTS, {"a": "b"}, "size is {'a': 'b'}; it must be one or more strings"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_a_sentence(spec, given, sentence):
    assert refusal(given, spec) == sentence


@pytest.mark.parametrize("digits", [str(2**53 + 1), "-9007199254740993"])
def test_a_large_whole_number_keeps_its_last_digit(digits):
    assert read_value("size", int(digits), WHOLE) == int(digits)
    assert read_value("size", digits, WHOLE) == int(digits)


def test_a_number_too_large_for_a_float_is_refused_and_not_an_overflow():
    assert "size is 1000" in refusal(10**400, REAL)


def test_a_numpy_integer_is_a_number_like_any_other():
    assert read_value("size", np.int64(4), WHOLE) == 4
    assert read_value("size", np.float32(0.5), REAL) == 0.5


def test_a_field_carries_its_spec():
    @dataclass
    class Owner:
        size: int = setting(3, WHOLE)

    (entry,) = fields(Owner)
    assert spec_of(entry) is WHOLE
    assert Owner().size == 3
