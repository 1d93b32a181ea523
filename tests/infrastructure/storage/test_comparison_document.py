import json
from pathlib import Path

import jsonschema
import pytest

from tempo.application.studies.comparison.document import FORMAT, VERSION, document_of
from tempo.application.studies.comparison.figures import METRICS
from tempo.domain.errors import DocumentError
from tempo.infrastructure.storage.comparison_document import json_schema, read_comparison
from tests.application.studies.comparison.compared import report

SCHEMA = Path(__file__).parents[3] / "docs" / "comparison.schema.json"


@pytest.fixture(scope="module")
def written():
    return json.dumps(document_of(report(), {"command": "tempo compare", "model": {"name": "x"}}))


def test_the_schema_in_the_documentation_is_that_of_the_models():
    """`make schema` writes it."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


def test_what_is_written_fits_the_schema_and_comes_back_whole(written):
    document = json.loads(written)
    jsonschema.validate(document, json_schema())
    assert (document["format"], document["version"]) == (FORMAT, VERSION)
    found = read_comparison(written)
    assert document_of(found, document["facts"]) == document
    assert read_comparison(written.encode()).prompts == report().prompts


def changed(written, change):
    document = json.loads(written)
    change(document)
    return json.dumps(document)


BROKEN = "the comparison document is broken: "


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format="tempo-lattice"),
         "this is no 'tempo comparison' document; `tempo compare` writes them"),
        (lambda d: d.update(version=2),
         ("this 'tempo comparison' document is not of version 1, which this TEMPO reads; "
          "open it with the TEMPO that wrote it")),
        (lambda d: d["figures"][0]["prompts"].pop(),
         BROKEN + "figures[0].prompts has 2 entries; it must have one for each of the 3 prompts"),
        (lambda d: d["figures"].append(d["figures"][0]),
         (BROKEN + "figures has 'greedy' with count 1 and max_steps 4 more than once; "
          "it must have it once")),
        (lambda d: d["measuring"].update(reference="beam"),
         BROKEN + "figures has nothing of the reference 'beam' with count 1 and max_steps 4"),
        (lambda d: d["figures"][1]["prompts"][0].pop("distinct_2"),
         BROKEN + "figures[1].prompts[0]: distinct_2 is not there; it must be"),
        (lambda d: d["figures"][1]["prompts"][0].update(tokens="four"),
         BROKEN + "figures[1].prompts[0].tokens: Input should be a valid number"),
        (lambda d: d["calibrations"]["lineage"].update(chance=2.0),
         BROKEN + "calibrations.lineage.chance: Input should be less than or equal to 1"),
        (lambda d: d.pop("grader"), BROKEN + "grader: Field required"),
    ],
)  # fmt: skip
def test_a_broken_document_is_refused_by_its_place(written, change, message):
    with pytest.raises(DocumentError) as caught:
        read_comparison(changed(written, change))
    assert str(caught.value) == message


@pytest.mark.parametrize("content", ["", "{", "[]", "3", b"\xff"])
def test_what_is_no_comparison_is_refused(content):
    with pytest.raises(DocumentError, match="this is no 'tempo comparison' document"):
        read_comparison(content)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_required(name):
    held = json_schema()["$defs"]["MethodPart"]["properties"]["prompts"]["items"]
    assert name in held["required"]
