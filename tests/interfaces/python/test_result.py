import json
import math

import pytest

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.scripted.script import END, Script
from tests.fakes.tokenizers import ByteTokenizer
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine

ID = {name: index for index, name in enumerate(STORY.vocabulary)}


@pytest.fixture
def result():
    return scripted_engine().generate("Once")


def test_a_result_shows_the_text_in_each_form(result):
    assert result.text == " upon a park."
    assert result.bracketed == " upon a [park/garden]."
    assert result.bracketed_survivors == " upon a [park/garden]."
    assert result.raw == " upon a park garden."


def test_a_result_knows_its_tokens(result):
    assert result.prompt_ids == (ID["Once"],)
    assert result.best_path_ids == tuple(ID[name] for name in (" upon", " a", " park", ".", END))
    assert result.finished
    assert result.finished_mass == 1.0
    assert repr(result) == "Result(' upon a park.', steps=5, end_of_text)"


def test_the_displayed_text_is_a_path_of_the_lattice(result):
    steps = result.lattice.steps
    along = [steps[t].token_set.members[member] for t, member in enumerate(result.lattice.best)]
    assert "".join(one.text for one in along) == result.text
    assert tuple(one.token_id for one in along) == result.best_path_ids


def test_every_candidate_can_be_looked_at(result):
    park, garden = result.lattice.steps[2].candidates
    assert (park.token_id, park.text, park.state.value) == (ID[" park"], " park", "kept")
    assert (park.probability, garden.probability) == pytest.approx((0.6, 0.4))
    assert (park.posterior, garden.posterior) == pytest.approx((0.6, 0.4))
    assert result.lattice.steps[2].transitions[0] == pytest.approx([math.log(0.6), math.log(0.4)])


def test_the_cost_counts_what_went_through_the_model(result):
    assert (result.cost.passes, result.cost.token_rows) == (5, 1 + 1 + 1 + 2 + 1)


@pytest.mark.parametrize("rule", ["mass", "any", "best", "all"])
@pytest.mark.parametrize("share", [0.6, 0.9])
def test_an_ending_that_is_more_probable_than_going_on_is_the_text(rule, share):
    script = Script.of(
        {"": {"a": 1.0}, "a": {END: share, "b": 1 - share}, "b": {"c": 1.0}, "c": {END: 1.0}}
    )
    result = scripted_engine(script).generate("a", stop_on=rule, threshold=0.05)
    assert (result.text, result.finished) == ("", True)
    assert result.n_best(1)[0].text == ""


# n best and samples -----------------------------------------------------------------------------


def test_the_best_texts_come_with_their_exact_scores(result):
    texts = result.n_best(5)
    assert [(one.text, one.finished) for one in texts] == [
        (" upon a park.", True),
        (" upon a garden.", True),
    ]
    assert [one.log_probability for one in texts] == pytest.approx([math.log(0.6), math.log(0.4)])
    assert texts[1].token_ids == tuple(ID[name] for name in (" upon", " a", " garden", ".", END))


def test_fewer_best_texts_can_be_asked_for_but_not_none(result):
    assert [one.text for one in result.n_best(1)] == [" upon a park."]
    with pytest.raises(InvalidValueError):
        result.n_best(0)


def test_a_length_penalty_ranks_by_score_over_length():
    """The empty text has .3 over one token, the long one .21 over five."""
    script = Script.of(
        {
            "": {"a": 1.0},
            "a": {END: 0.3, "b": 0.7},
            **{x: {y: 1.0} for x, y in ("bc", "cd", "de")},
            "e": {END: 0.3, "a": 0.7},
        }
    )
    result = scripted_engine(script).generate("a", max_steps=6, stop_on="all", threshold=0.25)
    plain = [one.text for one in result.n_best(5) if one.finished]
    by_length = [one.text for one in result.n_best(5, length_penalty=1.0) if one.finished]
    assert plain[:2] == ["", "bcde"]
    assert by_length[0] == "bcde"


def test_samples_are_drawn_from_the_posterior(result):
    drawn = result.sample(2000, seed=1)
    assert set(drawn) == {" upon a park.", " upon a garden."}
    assert drawn.count(" upon a park.") / 2000 == pytest.approx(0.6, abs=0.05)


def test_a_seed_repeats_samples_and_another_does_not():
    result = scripted_engine(FOREVER).generate(" a", max_steps=12, threshold=0.02)
    assert result.sample(8, seed=1) == result.sample(8, seed=1)
    assert result.sample(8, seed=1) != result.sample(8, seed=2)


def test_the_settings_seed_is_used_where_none_is_given():
    engine = scripted_engine(FOREVER)
    result = engine.generate(" a", max_steps=12, threshold=0.02, seed=9)
    assert result.sample(8) == result.sample(8, seed=9)
    assert engine.generate(" a", max_steps=12, threshold=0.02).sample(8) == result.sample(
        8, seed=42
    )


@pytest.mark.parametrize("seed", [0, 2**64, -1])
def test_every_seed_that_settings_take_can_be_drawn_with(seed):
    """The range of `seed` is any whole number."""
    result = scripted_engine().generate("Once", seed=seed)
    assert len(result.sample(2)) == 2


def test_no_sample_is_refused(result):
    with pytest.raises(InvalidValueError):
        result.sample(0)


@pytest.mark.parametrize("count", [1.5, "2", None])
def test_a_count_is_a_whole_number(result, count):
    with pytest.raises(InvalidValueError) as caught:
        result.n_best(count)
    assert str(caught.value) == (
        f"{count!r} texts were asked for; ask for a whole number, 1 or more"
    )
    with pytest.raises(InvalidValueError) as caught:
        result.sample(count)
    assert str(caught.value) == (
        f"{count!r} samples were asked for; ask for a whole number, 1 or more"
    )


def test_samples_end_before_a_stop_string():
    result = scripted_engine().generate("Once", stop=["den", "ark"])
    assert set(result.sample(50, seed=1)) == {" upon a p", " upon a gar"}


# Measures ---------------------------------------------------------------------------------------


def test_a_result_is_measured_over_its_best_texts(result):
    measures = result.measures(n=5)
    binary = -(0.6 * math.log(0.6) + 0.4 * math.log(0.4))
    assert measures.texts == 2
    assert measures.covered_mass == pytest.approx(1.0)
    assert measures.mean_token_entropy == pytest.approx(binary / 5)
    assert measures.sequence_entropy == pytest.approx(binary)
    assert measures.predictive_entropy == pytest.approx(binary)
    assert measures.entropy_rate == pytest.approx(binary / 5)
    assert measures.semantic_entropy == pytest.approx(binary)
    assert [cluster.texts for cluster in measures.clusters] == [
        (" upon a park.",),
        (" upon a garden.",),
    ]


def test_an_equivalence_of_the_users_own_says_what_means_the_same(result):
    measures = result.measures(equivalence=lambda first, second: first[:7] == second[:7])
    assert measures.clusters[0].texts == (" upon a park.", " upon a garden.")
    assert measures.semantic_entropy == pytest.approx(0, abs=1e-12)
    assert measures.length_normalised_semantic_entropy == pytest.approx(0, abs=1e-12)
    assert measures.predictive_entropy > 0.6


def test_texts_of_the_same_words_mean_the_same_by_default():
    script = Script.of(
        {"": {"a": 1.0}, "a": {" Yes": 0.5, " yes": 0.3, " no": 0.2}}
        | {word: {".": 1.0} for word in (" Yes", " yes", " no")}
        | {".": {END: 1.0}}
    )
    measures = scripted_engine(script).generate("a").measures()
    assert [cluster.texts for cluster in measures.clusters] == [(" Yes.", " yes."), (" no.",)]
    assert [cluster.probability for cluster in measures.clusters] == pytest.approx([0.8, 0.2])


def test_a_text_is_as_probable_as_its_tokenisations_together():
    """`bc` is one token (0.3) or two (0.3), `d` one (0.4)."""
    script = Script.of(
        {"": {"a": 1.0}, "a": {"bc": 0.3, "b": 0.3, "d": 0.4}, "b": {"c": 1.0}}
        | {word: {END: 1.0} for word in ("bc", "c", "d")}
    )
    measures = scripted_engine(script).generate("a", stop_on="all").measures()
    assert [cluster.texts for cluster in measures.clusters] == [("bc",), ("d",)]
    assert measures.clusters[0].probability == pytest.approx(0.6)


def test_only_as_many_texts_are_compared_as_asked_for(result):
    measures = result.measures(n=1)
    assert (measures.texts, measures.predictive_entropy) == (1, 0.0)
    assert measures.covered_mass == pytest.approx(0.6)
    assert measures.sequence_entropy == pytest.approx(result.lattice.sequence_entropy())


def test_texts_cut_at_a_stop_string_are_compared_as_shown():
    result = scripted_engine().generate("Once", stop=["."])
    assert [cluster.texts for cluster in result.measures().clusters] == [
        (" upon a park",),
        (" upon a garden",),
    ]


def test_wrong_measures_are_refused(result):
    with pytest.raises(InvalidValueError, match="0 texts were asked for"):
        result.measures(n=0)
    with pytest.raises(InvalidValueError, match="equivalence is 'same'; it must be a function"):
        result.measures(equivalence="same")


def test_a_run_without_steps_has_no_uncertainty():
    measures = scripted_engine().stream("Once").result.measures()
    assert (measures.texts, measures.clusters, measures.sequence_entropy) == (0, (), 0.0)


# The map of hesitation --------------------------------------------------------------------------


def test_the_map_has_one_line_a_step_of_the_shown_path(result):
    rows = [
        (one.step, one.text, one.width, round(one.posterior, 6), round(one.entropy, 4))
        for one in result.uncertainty
    ]
    assert rows == [
        (0, " upon", 1, 1.0, 0.0),
        (1, " a", 1, 1.0, 0.0),
        (2, " park", 2, 0.6, 0.673),
        (3, ".", 1, 1.0, 0.0),
        (4, "", 1, 1.0, 0.0),
    ]
    assert len(result.uncertainty) == 5
    assert result.uncertainty[2].probability == pytest.approx(0.6)
    assert result.uncertainty.mean_entropy == pytest.approx(0.673 / 5, abs=1e-4)


def test_the_map_prints_as_a_table(result):
    assert str(result.uncertainty).splitlines() == [
        "step  entropy  width  posterior  token",
        "   0     0.00      1      1.000  ' upon'",
        "   1     0.00      1      1.000  ' a'",
        "   2     0.67      2      0.600  ' park'",
        "   3     0.00      1      1.000  '.'",
        "   4     0.00      1      1.000  ''",
    ]


def test_a_notebook_shows_the_text_tinted_where_the_model_hesitates(result):
    page = result._repr_html_()
    assert page == result.uncertainty._repr_html_()
    assert (
        "<span title='step 2: entropy 0.67 nats, width 2, posterior 0.600' "
        "style='background:rgba(230,159,0,0.15)'> park</span>"
    ) in page
    assert "style='background:rgba(230,159,0,0.00)'> upon</span>" in page
    assert page.count("<span") == 5


def test_text_that_looks_like_a_page_is_escaped_in_a_notebook():
    script = Script.of({"": {"a": 1.0}, "a": {"<b>&'\"": 1.0}, "<b>&'\"": {END: 1.0}})
    page = scripted_engine(script).generate("a")._repr_html_()
    assert "&lt;b&gt;&amp;&#x27;&quot;</span>" in page
    assert "<b>" not in page


def test_the_map_of_a_run_without_steps_is_empty():
    uncertainty = scripted_engine().stream("Once").result.uncertainty
    assert (len(uncertainty), uncertainty.mean_entropy) == (0, 0.0)


# Plain data -------------------------------------------------------------------------------------


def test_the_mapping_is_json_and_holds_all_of_it(result):
    mapping = json.loads(json.dumps(result.as_mapping(n_best=2), allow_nan=False))
    assert set(mapping) == {
        *("prompt", "prompt_ids", "text", "bracketed", "raw", "best_path_ids", "best_path"),
        *("finished", "finish_reason", "finished_mass", "n_best", "cost", "settings", "model"),
        *("lattice", "pruning", "search"),
    }
    assert mapping["text"] == " upon a park."
    assert mapping["finish_reason"] == "end_of_text"
    assert [one["text"] for one in mapping["n_best"]] == [" upon a park.", " upon a garden."]
    assert mapping["cost"]["cache_rows"] == result.cost.cache_rows
    assert mapping["settings"]["selection_threshold"] == 0.1
    model = mapping["model"]
    assert [model[name] for name in ("name", "family", "dtype", "device")] == [
        *("scripted", "scripted", "float64", "cpu")
    ]
    assert mapping["lattice"]["model"] == model
    assert mapping["lattice"]["best_path"] == mapping["best_path"]
    assert len(mapping["lattice"]["steps"]) == 5


def test_the_lattice_of_a_mapping_is_the_document_that_is_saved(result, tmp_path):
    result.lattice.save(tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_text()) == result.as_mapping()["lattice"]


def test_a_mapping_without_best_texts_asks_the_model_nothing(result):
    assert result.as_mapping()["n_best"] == []


def test_the_mapping_of_a_run_without_steps_is_json():
    mapping = scripted_engine().stream("Once").result.as_mapping(n_best=2)
    assert json.loads(json.dumps(mapping, allow_nan=False))["n_best"] == []


def test_literal_brackets_and_slashes_stay_unambiguous():
    """`[a/b]` as one token, beside `[a` and `b]` as two alternatives."""
    names = ("a", "[x/y]", "x", "[z")
    script = Script.of({"": {"a": 1.0}, "a": {"[x/y]": 0.5, "x": 0.3, "[z": 0.2}})
    mapping = scripted_engine(script).generate("a", max_steps=1).as_mapping()
    assert mapping["bracketed"] == r"[\[x\/y\]/x/\[z]"
    texts = [one["text"] for one in mapping["lattice"]["steps"][0]["candidates"]]
    assert texts == [name for name in names if name != "a"]


def test_bytes_that_are_no_text_keep_the_mapping_json():
    script = Script.of(
        {"": {"a": 1.0}, "a": {"b": 0.6, "c": 0.4}, "b": {"c": 1.0}, "c": {"a": 1.0}}
    )

    class Prompting(ByteTokenizer):
        def encode(self, text):
            return (1,)

    engine = scripted_engine(script, tokenizer=Prompting((b"", b"x", b"\xe2", b"\x82")))
    mapping = engine.generate("anything", max_steps=2).as_mapping(n_best=2)
    text = json.dumps(mapping, allow_nan=False)
    candidate = json.loads(text)["lattice"]["steps"][0]["candidates"][0]
    assert (candidate["text"], candidate["bytes"]) == ("\ufffd", "4g==")


def test_settings_without_an_upper_end_keep_the_mapping_json():
    result = scripted_engine().generate("Once", window="inf")
    assert json.loads(json.dumps(result.as_mapping(), allow_nan=False))["settings"]["window"] == (
        "inf"
    )
