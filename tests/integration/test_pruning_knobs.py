"""Each knob of pruning, by itself, changes what comes out of the embedded model."""

import pytest

import tempo

PROMPT = "Once upon a time"
STEPS = {"max_steps": 24, "selection_threshold": 0.05}
COHERENCE = {"pruning_strategy": "coherence"}
DIVERSITY = {"pruning_strategy": "diversity"}
HYBRID = {"pruning_strategy": "hybrid"}
POSTERIOR = {"retroactive_pruning": "posterior"}
ATTENTION = {"retroactive_pruning": "attention"}
HARD = ATTENTION | {"sigmoid_threshold": False}
ABSOLUTE = HARD | {"attention_threshold": 0.05}
MOVING = POSTERIOR | {"dynamic_threshold": True, "final_threshold": 0.3}
SHAPE = {"dynamic_threshold": True, "final_threshold": 0.9, "selection_threshold": 0.005}
AGAIN = ATTENTION | {"comprehensive_pruning": True}

KNOBS = [
    ({}, {"use_pruning": True}),
    (COHERENCE, {"coherence_threshold": 0.8}),
    (COHERENCE, {"coherence_definition": "embedding"}),
    (DIVERSITY, {"diversity_clusters": 1}),
    (HYBRID, {"diversity_steps": 2}),
    ({}, {"use_retroactive_pruning": True}),
    (POSTERIOR, {"posterior_mass": 0.7}),
    (POSTERIOR, {"posterior_floor": 0.2}),
    (POSTERIOR, {"pruning_lag": 1}),
    (POSTERIOR, {"retroactive_pruning": "attention"}),
    (POSTERIOR, {"after_pruning": "recompute"}),
    (POSTERIOR | {"posterior_floor": 0.2}, {"comprehensive_pruning": True}),
    (HARD, {"relative_threshold": 0.9}),
    (HARD, {"relative_attention": False}),
    (HARD, {"attention_threshold": 0.1}),
    (HARD, {"multi_scale_attention": False}),
    (HARD, {"num_layers_to_use": 1}),
    (HARD, {"attention_decay": 0.0}),
    (HARD, {"sigmoid_threshold": True}),
    (ATTENTION, {"sigmoid_steepness": 3.0}),
    (ABSOLUTE, {"complete_pruning_mode": "keep_unattended"}),
    (ABSOLUTE, {"complete_pruning_mode": "remove_position"}),
    (AGAIN, {"monotone_pruning": False}),
    (POSTERIOR, {"dynamic_threshold": True}),
    (MOVING, {"final_threshold": 0.9}),
    (SHAPE, {"bezier_p1": 0.9}),
    (SHAPE, {"bezier_p2": 0.1}),
    (SHAPE, {"threshold_curve": "linear"}),
    (SHAPE, {"threshold_curve": "lci"}),
    (SHAPE | {"final_threshold": 0.2}, {"threshold_curve": "bezier_absolute"}),
    (SHAPE, {"threshold_preset": "fast-start"}),
    (SHAPE, {"use_relu": True}),
    (SHAPE | {"use_relu": True}, {"relu_activation_point": 0.1}),
    (MOVING, {"dynamic_target": "selection"}),
    (MOVING | COHERENCE, {"dynamic_target": "coherence"}),
]


@pytest.fixture(scope="module")
def embedded():
    return tempo.load()


def spelled(value):
    return ",".join(f"{name}={one}" for name, one in value.items()) or "plain"


@pytest.fixture(scope="module")
def without(embedded):
    """Return the outcome of a base: decoded twice, with the same outcome, when first asked for."""
    kept = {}

    def found(base):
        if spelled(base) not in kept:
            one, again = (outcome(embedded.generate(PROMPT, **{**STEPS, **base})) for _ in range(2))
            assert one == again
            kept[spelled(base)] = one
        return kept[spelled(base)]

    return found


@pytest.mark.parametrize(("base", "knob"), KNOBS, ids=spelled)
def test_only_this_knob_and_the_outcome_is_another(embedded, without, base, knob):
    other = embedded.generate(PROMPT, **{**STEPS, **base, **knob})
    assert without(base) != outcome(other)


def outcome(result):
    """The candidates of every step with what became of them, and the log."""
    steps = [
        [(one.token_id, one.state, one.attention) for one in step.candidates]
        for step in result.lattice.steps
    ]
    return steps, [(one.step, one.token_id, one.effect) for one in result.lattice.decisions]


def test_the_three_complete_modes_differ_where_no_candidate_passes(embedded):
    asked = {**STEPS, **ABSOLUTE, "attention_threshold": 0.2}
    modes = {
        mode: embedded.generate(PROMPT, complete_pruning_mode=mode, **asked)
        for mode in ("keep_token", "keep_unattended", "remove_position")
    }
    kept, unattended, removed = modes.values()
    assert len(kept.lattice.steps) == len(unattended.lattice.steps) == STEPS["max_steps"]
    assert kept.pruning.unattended == kept.pruning.positions_removed == 0
    assert unattended.pruning.unattended > 0
    assert "^" in unattended.bracketed
    assert removed.pruning.positions_removed == STEPS["max_steps"] - len(removed.lattice.steps) > 0
    assert unattended.cost.cache_rows < kept.cost.cache_rows
    assert removed.cost.cache_rows < kept.cost.cache_rows
