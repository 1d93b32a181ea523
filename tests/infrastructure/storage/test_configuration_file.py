"""Configuration files: TOML, YAML and JSON, each key once, and nothing but plain values."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import DocumentError, OutputError
from tempo.infrastructure.storage.configuration_file import MOST_BYTES, read_configuration

names = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8)
values = (
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(string.ascii_letters + " .:#-'\"é", max_size=10)
)


@pytest.fixture
def written(tmp_path):
    def write(name, text):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / name)

    return write


def refused(path):
    with pytest.raises(DocumentError) as caught:
        read_configuration(path)
    return str(caught.value).removeprefix(f"{path} is no configuration: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", 'max_steps = 3\nmodel = "here"\n[serve]\nport = 1\n'),
        ("a.yaml", "max_steps: 3\nmodel: here\nserve:\n  port: 1\n"),
        ("a.YML", "{max_steps: 3, model: here, serve: {port: 1}}"),
        ("a.json", '\ufeff{"max_steps": 3, "model": "here", "serve": {"port": 1}}'),
    ],
)
def test_three_languages_say_the_same(written, name, text):
    found = read_configuration(written(name, text))
    assert found == {"max_steps": 3, "model": "here", "serve": {"port": 1}}


@given(st.dictionaries(names, values, max_size=4))
def test_json_is_yaml_and_both_are_read_as_written(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("json")
    for name in ("a.json", "a.yaml"):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
        assert read_configuration(str(folder / name)) == content


@pytest.mark.parametrize(("text", "number"), [("1e-3", 0.001), ("-.5E+2", -50.0), ("2.5e1", 25.0)])
def test_a_number_with_an_exponent_is_a_number_in_yaml_too(written, text, number):
    assert read_configuration(written("a.yaml", f"threshold: {text}")) == {"threshold": number}


@pytest.mark.parametrize("name", ["a.yaml", "a.toml"])
def test_nothing_but_comments_says_nothing(written, name):
    assert read_configuration(written(name, "# nothing\n")) == {}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.yaml", "a: 1\nb: 2\na: 3\n", "the key 'a' is there twice, again on line 3"),
        ("a.yaml", "p:\n  a: 1\n  a: 2\n", "the key 'a' is there twice, again on line 3"),
        ("a.json", '{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ("a.toml", "a = 1\na = 2\n", "Cannot overwrite a value (at line 2, column 6)"),
        ("a.json", '{"a": NaN}', "NaN is no number of JSON"),
        ("a.json", "[1]", "it must hold keys and values"),
        ("a.yaml", "just a text", "it must hold keys and values"),
        ("a.yaml", "1: x", "it must hold keys and values"),
        ("a.yaml", "a: [1\nb: 2", "expected ',' or ']', but got ':', on line 2"),
        ("a.yaml", "a: !!python/name:os.system x", "could not determine a constructor"),
        ("a.json", "[" * 100_000, "it is nested too deeply"),
        ("a.toml", b"a = '\xff'", "'utf-8' codec can't decode byte 0xff in position 5"),
    ],
)
def test_a_broken_file_is_told_with_the_place(written, name, text, reason):
    assert refused(written(name, text)).startswith(reason)


def test_a_file_of_another_kind_is_refused_by_its_name(written):
    path = written("a.ini", "a = 1")
    assert refused(path) == "its name must end in .toml, .yaml, .yml or .json"


def test_a_file_without_end_is_not_read(written):
    assert (
        refused(written("a.toml", b"#" * (MOST_BYTES + 1)))
        == f"it is longer than {MOST_BYTES} bytes"
    )


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = str(tmp_path / "none.toml")
    with pytest.raises(OutputError) as caught:
        read_configuration(path)
    assert str(caught.value) == (
        f"the configuration {path} cannot be read: No such file or directory; "
        "name a file that is there"
    )
