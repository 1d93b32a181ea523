"""`tempo experiment capture` in process, over a tiny model; its files read back."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tempo.domain.errors import InvalidValueError
from tempo.interfaces.cli.studies.interpretability.capture_command import read_steps
from tempo.interfaces.python.loading import load
from tests.interfaces.cli.conftest import run, tiny_model  # noqa: F401 - fixtures

PROMPT = "ab"
WIDE = ("--selection-threshold", "0", "--max-width", "3", "--superposition", "uniform")


@pytest.fixture
def capture(run, tiny_model, tmp_path):  # noqa: F811 - the fixtures
    def command(*arguments):
        place = ("--output-dir", str(tmp_path / "kept"))
        return run("experiment", "capture", PROMPT, "--model", tiny_model, *place, *arguments)

    return command


def index_in(folder):
    return json.loads((folder / "kept" / "index.json").read_text(encoding="utf-8"))


def test_the_arrays_read_back_are_those_of_an_observed_run(capture, tiny_model, tmp_path):  # noqa: F811
    told = capture("--steps", "prompt,0-2", "--layers", "0,2", *WIDE).text.splitlines()
    assert told[0].endswith("capture.npz: 5 arrays, 10 rows, 0.02 MB")
    engine = load(tiny_model, check=False)
    wide = {"selection_threshold": 0.0, "max_width": 3, "superposition": "uniform", "max_steps": 4}
    parts = ("hidden", "attention", "logits")
    with engine.observe([0, 2], range(-1, 3), what=parts) as seen:
        result = engine.generate(PROMPT, **wide)
    index = index_in(tmp_path)
    with np.load(tmp_path / "kept" / "capture.npz") as kept:
        assert list(kept) == list(index["arrays"])
        arrays = {name: kept[name] for name in kept}
    assert index["text"] == result.text
    assert [row["step"] for row in index["rows"]] == [
        None,
        *(step for step in (0, 1, 2) for _ in "abc"),
    ]
    keys = [key["slot"] for key in index["keys"]]
    assert keys == sorted(keys)
    for number, row in enumerate(index["rows"]):
        one = seen.step(-1 if row["step"] is None else row["step"])
        (place,) = [at for at, fed in enumerate(one.rows) if fed.slot == row["slot"]]
        assert (one.rows[place].token_id, one.rows[place].position) == (
            row["token_id"],
            row["position"],
        )
        for name in ("blocks.0.hook_resid_pre", "blocks.1.hook_resid_post", "ln_final.hook_out"):
            assert np.allclose(arrays[name][number], one[name][place - len(one.rows)], atol=1e-5)
        assert np.allclose(
            arrays["unembed.hook_out"][number],
            one["unembed.hook_out"][place - len(one.rows)],
            atol=1e-4,
        )
        pattern = arrays["blocks.0.attn.hook_pattern"][:, number]
        held = [keys.index(slot) for slot in one.keys]
        assert np.allclose(pattern[:, held], one["blocks.0.attn.hook_pattern"][:, place], atol=1e-5)
        assert not np.delete(pattern, held, axis=1).any()


def test_the_index_says_what_a_row_was(capture, tmp_path):
    capture("--steps", "0-1", "--what", "hidden", "--layers", "1", *WIDE)
    index = index_in(tmp_path)
    assert {
        name: (entry["axes"], entry["dtype"], entry["module"])
        for name, entry in index["arrays"].items()
    } == {
        "blocks.1.hook_resid_pre": (["row", "number"], "float32", "model.layers.1.input"),
        "ln_final.hook_out": (["row", "number"], "float32", "model.norm.output"),
    }
    assert [row["rank"] for row in index["rows"]] == [0, 1, 2, 0, 1, 2]
    weights = [row["weight"] for row in index["rows"]]
    assert sum(weights[:3]) == pytest.approx(1.0)
    assert index["bytes"] == sum(4 * np.prod(entry["shape"]) for entry in index["arrays"].values())
    assert len(index["fingerprint"]) == 64


def test_safetensors_hold_the_same_as_numpys_file(capture, tmp_path):
    capture("--steps", "0-1", *WIDE)
    with np.load(tmp_path / "kept" / "capture.npz") as kept:
        arrays = {name: kept[name] for name in kept}
    capture("--steps", "0-1", "--format", "safetensors", *WIDE)
    others = load_file(tmp_path / "kept" / "capture.safetensors")
    assert index_in(tmp_path)["file"] == "capture.safetensors"
    assert set(arrays) == set(others)
    for name, array in arrays.items():
        assert np.array_equal(others[name], array)


def test_a_run_that_ends_early_says_which_steps_never_came(capture):
    told = capture("--steps", "0-60", "--what", "hidden", *WIDE).text.splitlines()
    assert told[-1] == "the run ended: no step behind 27 went through the model"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--layers", "0,5"),
            (
                "layer 5 does not exist: this model has layers 0 to 1; name some of them, or 2 for "
                "what leaves the last"
            ),
        ),
        (
            ("--max-mb", "0.01"),
            (
                "the arrays may have 0.4 MB and max-mb is 0.01: 10 steps of at most 8 rows each; "
                "ask for fewer layers, steps or parts, a lower max_width, or raise max-mb"
            ),
        ),
        (("--max-mb", "0"), "max-mb is 0; it must be above 0"),
        (
            ("--max-steps", "5"),
            (
                "step 9 is asked for and max_steps is 5: a step is fed when the run goes on from "
                "it; raise max_steps to 11, or ask for steps up to 3"
            ),
        ),
        (
            ("--steps", "3-1"),
            (
                "steps is '3-1'; give steps from 0 to 100000 and ranges with commas between them, "
                "such as 0-9 or prompt,0,4-6"
            ),
        ),
        (("--what", "keys"), "what is 'keys'; choose some of hidden, attention, logits"),
        (("--format", "csv"), "format is 'csv'; choose one of npz, safetensors"),
        (
            ("--layers", "a"),
            "layers is 'a'; give whole numbers with commas between them, such as 1,4,8",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_before_the_run(capture, tmp_path, arguments, sentence):
    assert capture(*arguments).sentence == sentence
    assert not (tmp_path / "kept" / "index.json").exists()


@pytest.mark.parametrize(
    ("text", "steps"),
    [("0", (0,)), ("0-2", (0, 1, 2)), ("prompt, 4-5,0", (-1, 4, 5, 0))],
)
def test_steps_are_read(text, steps):
    assert read_steps(text) == steps


@pytest.mark.parametrize("text", ["", "-1", "a", "1-", "1-2-3", "5-4", "0-1000000000000"])
def test_what_names_no_steps_is_refused(text):
    with pytest.raises(InvalidValueError, match="give steps from 0 to 100000"):
        read_steps(text)
