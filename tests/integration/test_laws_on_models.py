"""The laws of the design, section 4, on whole runs over transformers models."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tempo.application.decoding.asking import answered
from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.application.n_best import NBest
from tempo.application.self_check import SelfCheck
from tempo.domain.commitment import committed_chain
from tempo.domain.errors import NonFiniteLogitsError, SelfCheckError
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import Lineage, path_superposition
from tempo.infrastructure.embedded import embedded_model_path
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.huggingface.tokenizer import HuggingFaceTokenizer
from tests.contracts.adapters import plain_scores, served
from tests.fakes.numbered_tokenizer import NumberedTokenizer
from tests.infrastructure.decoders.engines import EndingTokenizer

VOCABULARY = 120
PROMPT = (3, 5, 8, 2, 7)
END = 0
WIDTH_ONE = Selection(ConstantThreshold(0.3), max_width=1)
OPENINGS = (
    "Once upon a time there was a little fox who",
    "Lily and Tom went to the park",
    '"Where is my red ball?" asked',
)


@pytest.fixture(scope="session", params=["llama", "qwen3", "gemma"])
def model(request):
    return random_model(request.param, VOCABULARY, seed=2)


@pytest.fixture(scope="session")
def llama():
    return random_model("llama", VOCABULARY, seed=2)


@pytest.fixture(scope="session")
def embedded():
    """The model that ships: a package without it is broken, so that nothing is skipped."""
    path = embedded_model_path()
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(path)


def greedy(model, prompt, steps, barred):
    """transformers' own greedy text, end tokens barred."""
    generated = model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        do_sample=False,
        max_new_tokens=steps,
        suppress_tokens=list(barred),
        eos_token_id=None,
        pad_token_id=0,
    )
    return tuple(generated[0, len(prompt) :].tolist())


def test_width_one_is_transformers_greedy_text_over_two_hundred_tokens(model):
    """Law 1."""
    request = GenerationRequest(PROMPT, max_steps=200, selection=WIDTH_ONE, barred=(END,))
    outcome = Generate(served(model), NumberedTokenizer()).run(request)
    assert outcome.best_path_ids == greedy(model, PROMPT, 200, [END])
    assert outcome.cost.passes == 200


@pytest.mark.parametrize("opening", OPENINGS)
def test_width_one_is_the_embedded_models_greedy_text(embedded, opening):
    """Law 1, on the model that ships."""
    model, fast = embedded
    tokenizer = HuggingFaceTokenizer(fast, _end_tokens(model))
    prompt, barred = tokenizer.encode(opening), tuple(sorted(tokenizer.end_tokens))
    assert barred
    request = GenerationRequest(prompt, max_steps=200, selection=WIDTH_ONE, barred=barred)
    outcome = Generate(served(model), tokenizer).run(request)
    expected = greedy(model, prompt, 200, barred)
    assert outcome.best_path_ids == expected
    assert (fast.decode([*prompt, *expected])) == fast.decode(prompt) + outcome.text


def _end_tokens(model):
    ends = model.generation_config.eos_token_id
    return ends if isinstance(ends, list) else [ends]


def test_a_paths_score_is_its_teacher_forced_log_probability_at_depth_thirty(model):
    """Law 4: `d` of every survivor; siblings fill the cache, and rows that die leave it."""
    request = GenerationRequest(
        PROMPT,
        max_steps=30,
        selection=Selection(ConstantThreshold(0.05), max_width=6),
        superposition=path_superposition(),
        barred=(END,),
    )
    run = DecodingRun(served(model), NumberedTokenizer(), request)
    for _ in range(30):
        run.advance()
    lattice = run.lattice
    assert run.meter.released_rows > 0
    assert len(run.live) > 1
    for live in run.live:
        members = lattice.chain(live.step, live.member)
        tokens = [
            step.token_set.members[member].token_id
            for step, member in zip(lattice.steps, members, strict=True)
        ]
        plain = plain_scores(model, PROMPT, tokens)
        place = lattice.steps[-1].token_set.live_indices.index(live.member)
        assert run.frontier.plain_scores[place] == pytest.approx(plain.sum(), abs=1e-3)
        assert _transition(lattice, members, depth=0) == pytest.approx(plain[0], abs=1e-4)
        assert _transition(lattice, members, depth=29) == pytest.approx(plain[29], abs=1e-3)
    run.close()


@pytest.mark.parametrize("rule", [Lineage(), path_superposition()], ids=["lineage", "path"])
def test_a_committed_chain_goes_on_like_a_prompt_that_ends_in_it(model, rule):
    """Steps of several candidates first, so that the chain was not born as a path."""
    request = GenerationRequest(
        PROMPT,
        max_steps=12,
        selection=Selection(ConstantThreshold(0.02), max_width=4),
        superposition=rule,
        barred=(END,),
    )
    backend, tokenizer = served(model), NumberedTokenizer()
    lattice = Generate(backend, tokenizer).run(request).lattice
    assert lattice.physical_tokens > 24
    last = lattice.steps[-1].token_set.members[-1]
    chain = committed_chain(lattice, 11, last.token_id)
    tokens = tuple(step.token_set.members[0].token_id for step in chain)
    committed = DecodingRun(backend, tokenizer, replace(request, max_steps=20, committed=chain))
    plain = DecodingRun(backend, tokenizer, replace(request, prompt_ids=PROMPT + tokens))
    expected = plain_scores(model, PROMPT, list(tokens))
    found = [step.plain_transitions[0, 0] for step in committed.steps]
    assert found == pytest.approx(expected.tolist(), abs=1e-4)
    for _ in range(8):
        one, other = committed.advance().step, plain.advance().step
        assert [member.token_id for member in one.token_set.members] == [
            member.token_id for member in other.token_set.members
        ]
        assert one.transitions == pytest.approx(other.transitions, abs=1e-3)


def _transition(lattice, members, depth):
    """Return the plain log-probability that the lattice recorded for one step of a path."""
    step = lattice.steps[depth]
    earlier = (
        lattice.steps[depth - 1].token_set.live_indices.index(members[depth - 1]) if (depth) else 0
    )
    return step.plain_transitions[earlier, members[depth]]


@pytest.mark.parametrize(
    "rule", [path_superposition(), Lineage()], ids=["path", "lineage, the default"]
)
def test_n_best_scores_are_teacher_forced_log_probabilities(model, rule):
    """Law 4: after rescoring, under every rule; the lattice's own scores may be far off."""
    request = GenerationRequest(
        PROMPT,
        max_steps=30,
        selection=Selection(ConstantThreshold(0.05), max_width=6),
        superposition=rule,
    )
    backend = served(model)
    outcome = Generate(backend, NumberedTokenizer()).run(request)
    texts = NBest(backend).run(outcome.lattice, 5)
    assert len(texts) == 5
    for text in texts:
        plain = plain_scores(model, PROMPT, text.token_ids).sum()
        assert text.log_probability == pytest.approx(plain, abs=1e-3)
    scores = [text.log_probability for text in texts]
    assert scores == sorted(scores, reverse=True)


def assert_exact_as_it_says(model, lattice, count):
    """Law 4, of every path that the lattice scores exactly among its first."""
    exact = 0
    for path in lattice.best_paths(count):
        score = lattice.exact_score(path.members)
        if score is not None:
            plain = plain_scores(model, lattice.prompt_ids, lattice.token_ids(path)).sum()
            assert score == pytest.approx(plain, abs=1e-3)
            exact += 1
    assert exact >= len(lattice.exact_chains()) > 1


def test_the_exact_chains_of_path_are_scored_as_by_teacher_forcing(model):
    """With end tokens that finish some of them early, and rows that left the cache."""
    request = GenerationRequest(
        PROMPT,
        max_steps=30,
        selection=Selection(ConstantThreshold(0.0), max_width=4),
        superposition=path_superposition(),
        stopping=Stopping(StopOn.ALL),
    )
    outcome = Generate(served(model), EndingTokenizer(range(12))).run(request)
    assert outcome.cost.released_rows > 0
    chains = outcome.lattice.exact_chains()
    assert {path.finished for path in chains} == {True, False}
    assert_exact_as_it_says(model, outcome.lattice, 40)


def test_the_exact_chains_of_path_on_the_embedded_model_are_too(embedded):
    model, fast = embedded
    tokenizer = HuggingFaceTokenizer(fast, _end_tokens(model))
    request = GenerationRequest(
        tokenizer.encode(OPENINGS[0]),
        max_steps=25,
        selection=Selection(ConstantThreshold(0.05), max_width=6),
        superposition=path_superposition(),
    )
    lattice = Generate(served(model), tokenizer).run(request).lattice
    assert_exact_as_it_says(model, lattice, 20)


def test_n_best_scores_on_the_embedded_model_are_teacher_forced_log_probabilities(embedded):
    model, fast = embedded
    tokenizer = HuggingFaceTokenizer(fast, _end_tokens(model))
    prompt = tokenizer.encode(OPENINGS[0])
    backend = served(model)
    request = GenerationRequest(
        prompt, max_steps=25, selection=Selection(ConstantThreshold(0.1), max_width=4)
    )
    outcome = Generate(backend, tokenizer).run(request)
    texts = NBest(backend).run(outcome.lattice, 3)
    assert len(texts) == 3
    for text in texts:
        plain = plain_scores(model, prompt, text.token_ids).sum()
        assert text.log_probability == pytest.approx(plain, abs=1e-3)


def four_wide(steps, *, release=True):
    return GenerationRequest(
        PROMPT,
        max_steps=steps,
        selection=Selection(ConstantThreshold(0.0), max_width=4),
        barred=(END,),
        release=release,
    )


def test_over_two_thousand_steps_the_cache_holds_what_later_rows_can_see(llama):
    """Design section 2.7: the live best chains, and the steps inside the window."""
    run = DecodingRun(served(llama), NumberedTokenizer(), four_wide(2000))
    loose = []
    for _ in range(2000):
        event = run.advance()
        held = sum(len(run.ancestry.slots_back(hops)) for hops in range(len(run.ancestry)))
        fed = run.session.cache_rows - len(PROMPT)
        newest = len(run.ancestry.slots_back(0))
        assert fed == held - newest == run.layout.live_slots - newest
        assert event.cache_rows == run.session.cache_rows
        loose.append(fed - run.ancestry.settled)
    assert run.meter.token_rows == len(PROMPT) + 4 * 1999
    assert run.session.cache_rows < 2000 + len(PROMPT) + 100
    assert max(loose) < 100
    assert run.session._cache.plan.extent <= max(64, 2 * run.session.cache_rows)
    assert run.session._cache.layers[0].keys.shape[2] <= 4096
    run.close()


def test_ancestry_keeps_no_slot_that_nothing_can_see(llama):
    """What stays is on a live best chain or inside the window: enumerated, step by step."""
    run = DecodingRun(served(llama), NumberedTokenizer(), four_wide(60))
    for _ in range(60):
        run.advance()
        newest = run.ancestry.slots_back(0)
        steps = len(run.ancestry)
        for hops in range(3, steps):
            chain = {run.ancestry.ancestor(slot, hops) for slot in newest}
            assert set(run.ancestry.slots_back(hops)) == chain
    run.close()


@pytest.mark.parametrize("rule", [Lineage(), path_superposition()], ids=["lineage", "path"])
def test_release_changes_nothing_at_all(llama, rule):
    """Law 7: the same tokens, weights, parents and scores, and far fewer rows."""
    outcomes = {}
    for release in (True, False):
        request = GenerationRequest(
            PROMPT,
            max_steps=400,
            selection=Selection(ConstantThreshold(0.0), max_width=4),
            superposition=rule,
            barred=(END,),
            release=release,
        )
        outcomes[release] = Generate(served(llama), NumberedTokenizer()).run(request)
    released, kept = outcomes[True], outcomes[False]
    assert kept.cost.released_rows == 0
    assert kept.cost.cache_rows == len(PROMPT) + 4 * 399
    assert released.cost.cache_rows < kept.cost.cache_rows / 2
    assert released.best_path_ids == kept.best_path_ids
    for one, other in zip(released.lattice.steps, kept.lattice.steps, strict=True):
        ours, theirs = one.token_set.members, other.token_set.members
        assert [(member.token_id, member.parent) for member in ours] == [
            (member.token_id, member.parent) for member in theirs
        ]
        assert [member.score for member in ours] == pytest.approx(
            [member.score for member in theirs], abs=2e-3
        )
        assert np.abs(one.transitions - other.transitions).max() < 1e-3


def ignoring_the_mask(model):
    """Let every row of a pass see every row of the cache; the prompt stays causal."""

    def open_up(_module, _positional, named):
        mask = named["attention_mask"]
        if mask.shape[-1] != mask.shape[-2]:
            named["attention_mask"] = torch.zeros_like(mask)
        return (), named

    return model.register_forward_pre_hook(open_up, with_kwargs=True)


class CountsOn(PositionIdRemapper):
    """Gives each token of a pass the next position, as transformers does by itself."""

    def nodes(self, positions):
        return super().nodes([positions[0] + index for index in range(len(positions))])


class OneTooFar(PositionIdRemapper):
    """Leaves a gap after the prompt."""

    def nodes(self, positions):
        return super().nodes([position + 1 for position in positions])


def test_a_model_that_honours_mask_and_positions_passes_the_self_check(model):
    report = SelfCheck(served(model)).require(PROMPT)
    assert report.passed
    assert report.has_power
    assert report.isolation < 1e-4
    assert report.path < 1e-4


def test_a_model_that_ignores_the_mask_is_refused(model):
    hook = ignoring_the_mask(model)
    try:
        with pytest.raises(SelfCheckError, match="mask"):
            SelfCheck(served(model)).require(PROMPT)
    finally:
        hook.remove()
    SelfCheck(served(model)).require(PROMPT)


@pytest.mark.parametrize("remapper", [CountsOn, OneTooFar])
def test_an_adapter_that_shifts_positions_is_refused(model, remapper):
    with pytest.raises(SelfCheckError, match="positions"):
        SelfCheck(served(model, remapper=remapper)).require(PROMPT)


def test_a_model_that_gives_nan_is_refused_by_an_error_of_ours():
    broken = random_model("llama", VOCABULARY, seed=2)
    broken.model.norm.weight.data[0] = torch.nan
    with pytest.raises((SelfCheckError, NonFiniteLogitsError)):
        SelfCheck(served(broken)).require(PROMPT)


def test_the_embedded_model_passes_the_self_check(embedded):
    model, fast = embedded
    prompt = HuggingFaceTokenizer(fast, ()).encode(OPENINGS[0])
    assert SelfCheck(served(model)).require(prompt).has_power


def test_a_bfloat16_model_passes_the_self_check_and_one_without_a_mask_does_not():
    model = random_model("qwen3", VOCABULARY, seed=2).to(torch.bfloat16)
    assert SelfCheck(served(model)).require(PROMPT).has_power
    ignoring_the_mask(model)
    with pytest.raises(SelfCheckError):
        SelfCheck(served(model)).require(PROMPT)


def test_soft_weights_in_bfloat16_are_lineage_to_a_thousandth():
    """The numbers that attention adds are the domain's own, not rounded to the model's dtype."""
    model = random_model("llama", VOCABULARY, seed=2).to(torch.bfloat16)
    run = DecodingRun(served(model), NumberedTokenizer(), four_wide(6, release=False))
    for _ in range(6):
        run.advance()
    masks = []
    hook = model.model.layers[0].self_attn.register_forward_pre_hook(
        lambda _module, _positional, named: masks.append(named["attention_mask"]),
        with_kwargs=True,
    )
    answered(run._feed(), run._backend)
    hook.remove()
    (mask,) = masks
    seen = mask[0, 0].double().exp().numpy()
    rows = run.session._rows_of
    soft = False
    for step in run.frontier.lineage:
        found = seen[:, [rows[slot] for slot in step.slots]]
        assert found == pytest.approx(step.weights, rel=1e-3, abs=1e-12)
        soft = soft or bool(((step.weights > 0.05) & (step.weights < 0.95)).any())
    assert soft
    run.close()
