import pytest

from tempo.application.studies.fidelity.rule import distinct, read_rule, rule_grid, rule_of
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError
from tempo.domain.layout import PositionScheme
from tempo.domain.readout import Readout
from tempo.domain.selection import ThresholdBasis
from tempo.domain.superposition import Lineage, Marginal, path_superposition


def names(rules):
    return [rule.name for rule in rules]


def test_a_grid_holds_every_combination_and_knobs_go_with_lineage_alone():
    rules = rule_grid(
        {
            "superposition": ["lineage", "path"],
            "sharpness": ["1", "2"],
            "window": ["inf"],
            "readout": ["mixture", "best"],
        }
    )
    assert names(rules) == [
        "lineage, sharpness 1, window inf",
        "lineage, sharpness 1, window inf, best",
        "lineage, window inf",
        "lineage, window inf, best",
        "path",
        "path, best",
    ]


def test_all_is_every_value_of_a_setting():
    assert names(rule_grid({"superposition": ["all"]})) == [
        "lineage",
        "path",
        "marginal",
        "uniform",
    ]
    assert (
        len(rule_grid({"readout": ["all"], "visibility": ["all"], "positions": ["all"]}))
        == 5 * 2 * 2
    )


def test_no_axis_is_the_default_rule_alone():
    assert names(rule_grid({})) == ["lineage"]


def test_sharpness_is_no_part_of_a_rule_whose_history_is_hard():
    assert names(rule_grid({"window": ["0"], "sharpness": ["1", "3"]})) == ["lineage, window 0"]


@pytest.mark.parametrize("knob", ["sharpness", "window"])
def test_a_knob_of_lineage_without_lineage_is_refused(knob):
    with pytest.raises(IneffectiveSettingError, match=f"{knob} would have no effect"):
        rule_grid({"superposition": ["path"], knob: ["1"]})


def test_a_rule_is_a_request_with_its_settings():
    rule = read_rule("superposition=lineage, sharpness=1, window=inf, readout=product")
    request = rule.request((1, 2), (0,), 0.05, 20, 7)
    assert request.superposition == Lineage(1.0, float("inf"))
    assert request.readout is Readout.PRODUCT
    assert request.barred == (0,)
    assert (request.max_steps, request.selection.max_width, request.selection.considered) == (
        7,
        20,
        20,
    )
    assert request.selection.threshold.value == 0.05


def test_rules_cut_alike_unless_one_names_another_basis():
    default = rule_of({"superposition": "path"})
    assert default.request((), (), 0.1, 8, 3).selection.basis is ThresholdBasis.TOTAL
    assert default.request((), (), 0.1, 8, 3).superposition == path_superposition()
    leader = rule_of({"superposition": "path", "threshold_basis": "leader"})
    assert leader.request((), (), 0.1, 8, 3).selection.basis is ThresholdBasis.LEADER
    assert names([default, leader]) == ["path", "path, threshold basis leader"]


def test_names_say_what_differs():
    rule = read_rule("superposition=marginal,visibility=visible,positions=consecutive")
    assert rule.name == "marginal, visible, consecutive"
    request = rule.request((), (), 0.1, 8, 3)
    assert request.superposition == Marginal()
    assert request.positions is PositionScheme.CONSECUTIVE


def test_a_rule_given_twice_is_one():
    assert names(distinct([rule_of({}), read_rule("superposition=lineage"), rule_of({})])) == [
        "lineage"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("superposition", "is not NAME=VALUE"),
        ("superposition=", "is not NAME=VALUE"),
        ("", "is not NAME=VALUE"),
        ("readout=best,readout=last", "each name once"),
        ("max_width=3", "a rule cannot set 'max_width'; it can set superposition, "),
        ("superposition=tree", "superposition is 'tree'; it must be one of lineage, path"),
        ("sharpness=-1", "sharpness is -1"),
        ("superposition=path,window=3", "window 3.0 would have no effect"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(text, said):
    with pytest.raises(InvalidValueError, match=said):
        read_rule(text)
