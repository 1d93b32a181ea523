"""What a user sees of pruning: decisions as they fall, their sum, and kept runs."""

import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from rich.console import Console

from tempo.domain.events import CandidatesPruned, RunStarted, StepAppended
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.tokens import LogicalStep, TokenId
from tempo.infrastructure.scripted.script import END, Script
from tempo.interfaces.cli import engine_loading, rendering
from tempo.interfaces.cli.progress import Progress
from tempo.interfaces.cli.pruning_lines import Narrator
from tempo.interfaces.cli.step_rows import step_mappings, step_rows
from tempo.interfaces.python.lattice import Lattice
from tests.interfaces.scripted_engine import scripted_engine
from tests.strategies import candidate, lattice_step, lattices, with_gaps

FOX = Script.of(
    {
        "": {"Once": 1.0},
        "Once": {" a": 0.59, " the": 0.4, " fox": 0.01},
        " a": {" fox": 1.0},
        " the": {" fox": 1.0},
        " fox": {" ran": 0.97, " hid": 0.03},
        " ran": {" far": 1.0},
        " hid": {" far": 1.0},
        " far": {" away": 1.0},
        " away": {".": 1.0},
        ".": {END: 1.0},
    }
)
"""No token of step 0 has nine tenths of the paths; one of step 2 has nearly all of them."""

ID = {name: index for index, name in enumerate(FOX.vocabulary)}
KEEPS = ("--threshold", "0.02", "--retroactive-pruning", "posterior", "--posterior-floor", "0.9")
REMOVES = (*KEEPS, "--complete-pruning-mode", "remove_position")
UNATTENDED = (*KEEPS, "--complete-pruning-mode", "keep_unattended")

THE = "step   0  ' the'          pruned            at step   3: posterior 0.404 against 0.9"
HID = "step   2  ' hid'          pruned            at step   5: posterior 0.03 against 0.9"
SUM = "5 judged, 3 kept · 2 pruned (posterior 2) · 0 rows freed · 42.2 % of the paths gone"
REMOVED = (
    "5 judged, 2 kept · 3 pruned (posterior 3) · 1 position removed · 1 row freed · "
    "42.2 % of the paths gone"
)


@pytest.fixture
def fox(scripted):
    """Run `tempo generate Once` over the fox."""
    return lambda *arguments: scripted(*arguments, script=FOX)


def without_padding(text):
    """Lines whose runs of spaces are one."""
    return [re.sub(" +", " ", line) for line in text.splitlines()]


# Decisions as they fall -------------------------------------------------------------------------


def test_each_decision_is_said_as_it_falls_and_their_sum_at_the_end(fox):
    ended = fox(*KEEPS, "--verbose")
    assert (ended.code, ended.out) == (0, " a fox ran far away.\n")
    assert ended.err == (
        f"{THE}             share 0.4040\n{HID}              share 0.0300\ntempo: pruning: {SUM}\n"
    )


def test_what_becomes_of_a_whole_step_is_said(fox):
    unattended, removed = (fox("-v", *mode).err.splitlines() for mode in (UNATTENDED, REMOVES))
    assert (
        "' a' unattended at step 3: posterior 0.596 against 0.9 share 0.5960"
        in (without_padding(unattended[1])[0])
    )
    assert without_padding(removed[1]) == [
        "step 0 ' a' position removed at step 3: posterior 0.596 against 0.9 share 0.5960"
    ]
    assert unattended[-1].startswith("tempo: pruning: 5 judged, 3 kept · 2 pruned (posterior 2) · ")
    assert " · 1 unattended · 1 row freed · " in unattended[-1]
    assert removed[-1] == f"tempo: pruning: {REMOVED}"


def test_parts_of_the_lines_stand_under_each_other(fox):
    lines = fox(*REMOVES, "-v").err.splitlines()[:-1]
    for part in (" at step ", ": posterior ", "  share "):
        assert len({line.index(part) for line in lines}) == 1


def test_what_is_dropped_before_it_is_kept_is_said_too(fox):
    ended = fox("-v", "--threshold", "0.02", "--pruning-strategy", "diversity")
    assert without_padding(ended.err)[:2] == [
        "step 0 ' the' dropped at step 0: diversity 0.4 against 0.59 share 0.4040",
        "step 2 ' hid' dropped at step 2: diversity 0.03 against 0.97 share 0.0300",
    ]
    assert "tempo: pruning: 4 judged, 2 kept · 2 pruned (diversity 2) · 2 rows freed\n" in ended.err


def test_a_weakened_token_is_said_with_the_weight_that_is_left(fox):
    ended = fox("-v", "--threshold", "0.02", "--retroactive-pruning", "attention")
    assert re.search(
        r"' the' +weakened to 0\.\d\d +at step +3: relative_attention 0\.\d+ against 0\.5 ",
        ended.err,
    )
    assert " · 1 weakened · " in ended.err


def test_token_ids_stand_behind_the_tokens(fox):
    ended = fox(*KEEPS, "-v", "--show-token-ids")
    assert f"' the'({ID[' the']}) " in ended.err
    assert ended.out.startswith(" a(")


def test_settings_that_cannot_be_met_are_said_once(fox):
    options = ("--threshold", "0.02", "--pruning-strategy", "diversity", "--diversity-clusters")
    assert fox(*options, "5").err.count("diversity_clusters is 5") == 1
    assert "diversity_clusters" not in fox(*options, "2").err


def test_without_pruning_nothing_is_said_of_it(scripted, fox):
    assert scripted("-v").text == " upon a park.\n"
    assert fox("-v", "--format", "all").text.count("pruning") == 0


def test_the_sum_alone_is_said_where_decisions_were_not_asked_for(fox):
    assert fox(*KEEPS).err == f"tempo: pruning: {SUM}\n"


def test_the_sum_is_a_section_of_the_format_that_shows_all(fox):
    ended = fox(*KEEPS, "--format", "all")
    assert f"\n\npruning:\n{SUM}\n\ncost:\n" in ended.out
    assert ended.err == ""


def test_steps_that_were_removed_count_where_a_run_stops(scripted):
    ended = scripted(*REMOVES, script=FOX, context=6)
    assert "tempo: stopped after 5 steps: the model's context of 6 is full\n" in ended.err


def test_json_is_whole_beside_what_is_said(fox):
    ended = fox(*KEEPS, "-v", "--output-json")
    assert THE in ended.err
    assert json.loads(ended.out)["pruning"] == {
        "judged": 5,
        "kept": 3,
        "pruned": {"posterior": 2},
        "descendants": 0,
        "weakened": 0,
        "unattended": 0,
        "positions_removed": 0,
        "rows_freed": 0,
        "lost": pytest.approx(1 - 0.596 * 0.97, abs=1e-3),
        "notes": [],
    }


def test_resume_says_decisions_too(fox, run, tmp_path, monkeypatch):
    path = str(tmp_path / "run.json")
    fox(*KEEPS, "--save-lattice", path)
    engine = scripted_engine(FOX)
    monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: engine)
    ended = run("resume", path, "--at", f"0:{ID[' the']}", "-v")
    assert ended.out == " the fox ran far away.\n"
    assert HID in ended.err
    assert "\ntempo: pruning: " in ended.err


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        (("--retroactive-pruning", "off"), None),
        (("--retroactive-pruning", "attention"), "attention"),
        (("--use-retroactive-pruning", "--attention-threshold", "0.02"), "attention"),
        (("--use-retroactive-pruning",), "posterior"),
    ],
)
def test_resume_takes_another_rule_whatever_the_saved_one_needed(fox, run, tmp_path, named, rule):
    path = str(tmp_path / "run.json")
    fox(*KEEPS, "--save-lattice", path)
    ended = run("resume", path, "--at", f"0:{ID[' the']}", "-v", *named)
    assert ended.code == 0, ended
    if rule is None:
        assert ended.err == ""
    else:
        assert f": {rule} " in ended.err


# On terminals, and where all goes to one pipe ---------------------------------------------------


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def screen(written):
    """The lines of a terminal after it was written to: of its controls, those that rich uses."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif re.fullmatch(r"\x1b\[\d*A", part):
            row -= int(part[2:-1] or 1)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part == "\r" or part.startswith("\x1b"):
            continue
        else:
            lines[row] += part
    return lines


def test_decisions_stand_whole_above_the_progress_of_a_terminal(fox, monkeypatch):
    errors = Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    monkeypatch.setenv("TERM", "xterm")
    assert fox(*REMOVES, "-v").code == 0
    shown = [line for line in screen(errors.getvalue()) if line]
    assert without_padding("\n".join(shown)) == [
        "step 0 ' the' pruned at step 3: posterior 0.404 against 0.9 share 0.4040",
        "step 0 ' a' position removed at step 3: posterior 0.596 against 0.9 share 0.5960",
        "step 2 ' hid' pruned at step 5: posterior 0.03 against 0.9 share 0.0300",
        f"tempo: pruning: {REMOVED}",
    ]


def pruned(*decisions, steps=()):
    return CandidatesPruned(decisions, steps, removed=(), lost=0.5, released=1, cache_rows=7)


def test_the_progress_tells_what_is_left_after_a_pruning():
    terminal = Terminal()
    with Progress(Console(file=terminal, force_terminal=True), with_text=False) as progress:
        progress.show(RunStarted((TokenId(1),), 9))
        wide = lattice_step(0, [candidate(0), candidate(1)], np.log([[0.5, 0.5]]))
        progress.show(StepAppended(wide, cache_rows=8, released=0))
        progress.show(pruned(steps=(lattice_step(0, [candidate(0)], np.zeros((1, 1))),)))
    assert terminal.getvalue().count("step 1/9 · width 1 · 7 cache rows") > 0


def test_tokens_of_steps_that_were_decoded_again_are_known_too():
    """Going back, a run may consider tokens that it had not looked at before."""
    console = Console(file=io.StringIO(), width=20)
    narrator = Narrator(console, show_ids=False)
    rows = np.zeros((1, 1))
    narrator.tell(StepAppended(lattice_step(0, [candidate(0)], rows), cache_rows=1, released=0))
    narrator.tell(pruned(steps=(lattice_step(0, [candidate(1, b" new")], rows),)))
    mass, decided = 0.5, LogicalStep(3)
    decision = PruningDecision(
        LogicalStep(0), TokenId(1), "posterior", 0.0, 0.1, decided, Effect.PRUNED, mass
    )
    narrator.tell(pruned(decision))
    assert without_padding(console.file.getvalue()) == [
        "step 0 ' new' pruned at step 3: posterior 0 against 0.1 share 0.5000"
    ]


def test_where_both_go_to_one_pipe_the_text_stands_on_a_line_of_its_own(fox, monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stdout", pipe)
    monkeypatch.setattr(sys, "stderr", pipe)
    assert fox(*KEEPS, "-v").code == 0
    assert " a fox ran far away." in pipe.getvalue().splitlines()
    assert "\x1b" not in pipe.getvalue()


def test_a_terminal_strikes_what_was_pruned_and_dims_what_no_token_sees(fox, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert fox(*UNATTENDED, "--format", "bracketed").code == 0
    styles = {
        text: set(codes.split(";"))
        for codes, text in re.findall(r"\x1b\[([\d;]+)m([~^][a-z]+)\x1b\[0m", terminal.getvalue())
    }
    dim, underlined, struck = "2", "4", "9"
    assert {dim, underlined} <= styles["^a"]
    assert struck in styles["~the"]
    assert dim not in styles["~the"]
    assert struck not in styles["^a"]


@given(with_gaps(lattices()))
def test_a_terminal_has_the_marks_of_a_pipe(lattice):
    best = lattice.k_best(1)[0].members
    shown = Lattice(lattice.prompt_ids, lattice.steps, best=best)
    assert rendering.bracketed(shown, show_ids=False).plain == shown.bracketed


# Kept runs --------------------------------------------------------------------------------------


@pytest.fixture
def kept(fox, tmp_path):
    """Save a run under some options."""

    def keep(*options):
        path = str(tmp_path / "run.json")
        assert fox(*options, "--save-lattice", path).code == 0
        return path

    return keep


def test_steps_tell_what_was_pruned_what_none_sees_and_why(run, kept):
    assert run("show", kept(*UNATTENDED), "--steps").text == (
        " a fox ran far away.\n"
        "\n"
        "steps:\n"
        "step\tentropy\twidth\tkept mass\tposterior\ttokens\n"
        "0\t0.724\t1\t0.590\t1.000\t*^' a' 0.590 [unattended at step 3: posterior 0.596 against "
        "0.9] ~' the' 0.400 [pruned at step 3: posterior 0.404 against 0.9]\n"
        "1\t0.000\t1\t1.000\t1.000\t*' fox' 1.000\n"
        "2\t0.135\t1\t0.970\t1.000\t*' ran' 0.970 ~' hid' 0.030 [pruned at step 5: posterior 0.03 "
        "against 0.9]\n"
        "3\t0.000\t1\t1.000\t1.000\t*' far' 1.000\n"
        "4\t0.000\t1\t1.000\t1.000\t*' away' 1.000\n"
        "5\t0.000\t1\t1.000\t1.000\t*'.' 1.000\n"
        "6\t0.000\t1\t1.000\t1.000\t*'' 1.000\n"
    )


def test_a_step_that_was_removed_keeps_its_line_and_the_others_their_numbers(run, kept):
    lines = run("show", kept(*REMOVES), "--steps").text.splitlines()
    assert lines[0] == " fox ran far away."
    assert lines[4:6] == [
        f"0\t\t\t\t\t({ID[' a']}) [position_removed at step 3: posterior 0.596 against 0.9]",
        "1\t0.000\t1\t0.590\t1.000\t*' fox' 1.000",
    ]
    assert lines[-1].startswith("6\t")


def test_a_weakened_token_is_shown_with_what_is_left_of_it(run, kept):
    path = kept("--threshold", "0.02", "--retroactive-pruning", "attention")
    assert re.search(
        r"\t\*' a' 0\.590 ' the' 0\.400 seen at 0\.\d\d \[weakened at step 3: relative_attention ",
        run("show", path, "--steps").text,
    )


def test_tokens_that_were_never_kept_are_told_apart_from_pruned_ones(run, kept):
    shown = run("show", kept(*KEEPS), "--steps", "--show-token-ids").text
    first = next(line for line in shown.splitlines() if line.startswith("0\t"))
    assert f"~' the'({ID[' the']}) 0.400 [pruned at step 3: " in first
    assert first.endswith(f" | not kept: ' fox'({ID[' fox']}) 0.010")


def test_decisions_are_listed_in_the_order_in_which_they_fell(run, kept):
    assert run("show", kept(*REMOVES), "--decisions").text == (
        " fox ran far away.\n"
        "\n"
        "decisions:\n"
        "step\ttoken\twhat\tat step\trule\tscore\tthreshold\tshare\n"
        f"0\t({ID[' the']})\tpruned\t3\tposterior\t0.404\t0.9\t0.4040\n"
        f"0\t({ID[' a']})\tposition removed\t3\tposterior\t0.596\t0.9\t0.5960\n"
        "2\t' hid'\tpruned\t5\tposterior\t0.03\t0.9\t0.0300\n"
    )


def test_the_facts_of_a_run_sum_its_decisions_up(run, kept):
    shown = run("show", kept(*REMOVES), "--format", "all").text
    assert shown.endswith("\npruning: 3 pruned (posterior 3) · 1 position removed\n")
    assert "pruning" not in run("show", kept(), "--format", "all").text


def test_json_holds_decisions_and_what_was_pruned(run, kept):
    shown = json.loads(run("show", kept(*UNATTENDED), "--output-json", "--steps").text)
    assert [(one["step"], one["effect"]) for one in shown["decisions"]] == [
        (0, "pruned"),
        (0, "unattended"),
        (2, "pruned"),
    ]
    first = shown["steps"][0]
    assert (first["members"][0]["attention"], first["members"][0]["reason"][:10]) == (
        0.0,
        "unattended",
    )
    assert [(one["text"], one["reason"][:6]) for one in first["pruned"]] == [(" the", "pruned")]
    assert first["shown"] == 0


def test_the_best_path_is_followed_behind_a_step_that_was_removed():
    rows = np.log([[0.5, 0.5]])
    steps = (
        lattice_step(0, [candidate(0, b"a"), candidate(1, b"b")], rows),
        lattice_step(2, [candidate(0, b"c"), candidate(1, b"d")], np.vstack([rows, rows])),
    )
    lattice = Lattice((TokenId(1),), steps, best=(1, 0))
    assert [row[-1] for row in step_rows(lattice, show_ids=False)] == [
        "'a' 0.500 *'b' 0.500",
        "removed",
        "*'c' 0.500 'd' 0.500",
    ]
    assert [step["shown"] for step in step_mappings(lattice)] == [1, 0]


@pytest.mark.parametrize("mode", [KEEPS, UNATTENDED, REMOVES])
def test_a_pruned_run_replays(run, kept, mode):
    assert run("replay", kept(*mode)).text.endswith("\nequal\n")


def test_a_removed_step_cannot_be_gone_on_from(run, kept):
    ended = run("resume", kept(*REMOVES), "--at", f"0:{ID[' a']}")
    assert ended.sentence == "step 0 left the lattice as a whole; only a gap is there"


def test_a_terminal_is_not_moved_by_what_a_decision_holds(run, kept, monkeypatch):
    path = kept(*KEEPS)
    data = json.loads(Path(path).read_text())
    data["decisions"][0]["rule"] = "\x1b[2J\trule"
    data["steps"][0]["candidates"][1]["reason"] = "\x1b[2J\treason"
    Path(path).write_text(json.dumps(data))
    piped = run("show", path, "--steps", "--decisions").text
    assert {line.count("\t") for line in piped.splitlines() if "rule" in line} == {7}
    assert {line.count("\t") for line in piped.splitlines() if "reason" in line} == {5}
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert run("show", path, "--no-color", "--steps", "--decisions").code == 0
    assert "\x1b" not in terminal.getvalue()
    assert "x1b[2J" in terminal.getvalue()
