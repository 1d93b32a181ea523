"""What an index would refuse is told before anything is sent there."""

import io
import tarfile
import zipfile

import pytest

from tests.release.metadata import complaints, described

GOOD = """Metadata-Version: 2.4
Name: tempo-decoding
Version: 0.1.0
Summary: Decodes.
License-Expression: MIT
Requires-Python: >=3.11
Classifier: Typing :: Typed
Description-Content-Type: text/markdown

# TEMPO
"""


def test_what_is_complete_is_not_complained_of():
    assert complaints(GOOD.encode()) == []


@pytest.mark.parametrize(
    ("line", "other", "told"),
    [
        (
            "Classifier: Typing :: Typed",
            "Classifier: Typing :: Typing",
            "the classifier 'Typing :: Typing' is none of the known ones",
        ),
        (
            "Classifier: Typing :: Typed",
            "Classifier: Natural Language :: Ukranian",
            (
                "the classifier 'Natural Language :: Ukranian' has been replaced by "
                "['Natural Language :: Ukrainian']"
            ),
        ),
        (
            "Description-Content-Type: text/markdown\n",
            "",
            (
                "the long description is of no kind, not one of "
                "('text/markdown', 'text/x-rst', 'text/plain')"
            ),
        ),
        ("# TEMPO\n", "", "the field 'description' is empty"),
        ("Summary: Decodes.\n", "", "the field 'summary' is empty"),
        ("Requires-Python: >=3.11\n", "", "the field 'requires_python' is empty"),
        ("License-Expression: MIT\n", "", "the field 'license_expression' is empty"),
        ("License-Expression: MIT", "License-Expression: ours", "'license-expression'"),
        ("Version: 0.1.0", "Version: first", "'first' is invalid for 'version'"),
        ("Name: tempo-decoding\n", "", "'name' is a required field"),
    ],
)
def test_one_thing_amiss_is_told_alone(line, other, told):
    assert line in GOOD
    (sentence,) = complaints(GOOD.replace(line, other).encode())
    assert told in sentence


def test_a_wheel_and_a_source_distribution_are_read_where_they_describe_themselves(tmp_path):
    wheel, source = tmp_path / "tempo-1-py3-none-any.whl", tmp_path / "tempo-1.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tempo/METADATA", "another")
        archive.writestr("tempo-1.dist-info/METADATA", GOOD)
    with tarfile.open(source, "w:gz") as archive:
        for name, text in (("tempo-1/src/PKG-INFO", "another"), ("tempo-1/PKG-INFO", GOOD)):
            about = tarfile.TarInfo(name)
            about.size = len(text)
            archive.addfile(about, io.BytesIO(text.encode()))
    assert [described(one) for one in (wheel, source)] == [GOOD.encode()] * 2
