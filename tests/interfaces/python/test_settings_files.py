"""`tempo.settings_from`: a file's decoding settings as keywords."""

import pytest

import tempo


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(
        "model: here\nthreshold: 0.2\nstop: [The End]\nprofiles: {quick: {max_tokens: 3}}\n",
        encoding="utf-8",
    )
    return path


def test_settings_are_keywords(file):
    assert tempo.settings_from(file) == {"selection_threshold": 0.2, "stop": ["The End"]}


def test_a_profile_goes_over_its_file(file):
    assert tempo.settings_from(str(file), "quick") == {
        "selection_threshold": 0.2,
        "max_steps": 3,
        "stop": ["The End"],
    }


def test_a_wrong_key_is_told_with_the_file(file):
    file.write_text("treshold: 0.2", encoding="utf-8")
    with pytest.raises(tempo.errors.UnknownSettingError) as caught:
        tempo.settings_from(file)
    assert str(caught.value) == f"{file}: there is no key 'treshold'; did you mean threshold?"
