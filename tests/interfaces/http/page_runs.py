"""Whole runs over scripts, as the service tells them: what the page's own tests read.

`python -m tests.interfaces.http.page_runs` writes them anew, after a change of what events hold.
"""

import json
from pathlib import Path

from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tests.fakes.tokenizers import ByteTokenizer
from tests.interfaces.http.conftest import serving, until
from tests.interfaces.scripted_engine import scripted_engine

FILE = Path(__file__).parents[3] / "frontend" / "tests" / "fixtures" / "runs.json"

ENDING = Script.of(
    {
        "": {"Once": 1.0},
        "Once": {" a": 0.5, " the": 0.3, END: 0.2},
        " a": {" fox": 0.5, " hen": 0.3, END: 0.2},
        " the": {" fox": 0.2, " hen": 0.7, END: 0.1},
        " fox": {" a": 0.3, " the": 0.4, END: 0.3},
        " hen": {" a": 0.6, " the": 0.2, END: 0.2},
    }
)
"""Some text ends at nearly every step."""

WANDERING = Script.random(11, tokens=6, order=2)

ODD = {
    "first": "🦊".encode()[:2],
    "rest": "🦊".encode()[2:],
    "wrong": b"\xff",
    "line": b"\n",
    "other": " שלום".encode(),
    "markup": b"<script>alert(1)</script>",
    "mark": "\ufeff".encode(),
    "space": b" ",
}
"""Half an emoji and its rest, what is no UTF-8, a new line, another direction, and markup."""


class OddTokenizer(ByteTokenizer):
    """Reads every prompt as one space."""

    def encode(self, text):
        del text
        return (TokenId(self.contents.index(b" ")),)


ODD_SCRIPT = Script.of(
    {
        "": {"space": 1.0},
        "space": {"first": 0.7, "wrong": 0.3},
        "first": {"rest": 0.8, "wrong": 0.2},
        "rest": {"line": 0.6, "other": 0.4},
        "wrong": {"line": 1.0},
        "line": {"line": 0.5, "other": 0.3, "space": 0.2},
        "other": {"markup": 0.9, "line": 0.1},
        "markup": {"mark": 0.6, "first": 0.4},
        "mark": {"space": 0.5, "line": 0.5},
    }
)
"""Its tokens are named in the order of their names; `ODD_TOKENS` has what they spell."""

ODD_TOKENS = tuple(ODD.get(name, b"") for name in ODD_SCRIPT.vocabulary)

PRUNING = {"max_steps": 14, "selection_threshold": 0.12, "max_width": 3, "pruning_lag": 2}

RUNS = {
    "ending": (ENDING, None, {"max_steps": 8, "stop_on": "all", "selection_threshold": 0.05}),
    "pruned": (
        WANDERING,
        None,
        PRUNING | {"retroactive_pruning": "posterior", "posterior_floor": 0.4},
    ),
    "removed": (
        WANDERING,
        None,
        PRUNING
        | {
            "retroactive_pruning": "attention",
            "attention_threshold": 0.1,
            "relative_attention": False,
            "sigmoid_threshold": False,
            "complete_pruning_mode": "remove_position",
            "pruning_lag": 3,
        },
    ),
    "recomputed": (
        WANDERING,
        None,
        PRUNING
        | {
            "retroactive_pruning": "posterior",
            "posterior_floor": 0.4,
            "after_pruning": "recompute",
        },
    ),
    "odd": (ODD_SCRIPT, OddTokenizer(ODD_TOKENS), {"max_steps": 16}),
}

UNREPEATABLE = {"t_ms": 0.0, "wall_ms": 0.0, "tok_s": 0.0, "rss_mb": 0.0, "request_id": ""}
"""What differs from run to run, and what stands in its place; figures come by the clock alone."""


def told(name):
    """Return a run: its events, and the posteriors and the best path of its lattice."""
    script, tokenizer, settings = RUNS[name]
    engine = scripted_engine(script, backend=ScriptedBackend(script, 1024), tokenizer=tokenizer)
    with serving(engine) as client:
        prompt = script.vocabulary[1] if tokenizer is None else "Once"
        asked = {"prompt": prompt, "n_best": 0, **settings}
        run = client.post("/api/v1/runs", json=asked).json()["run_id"]
        address = f"/api/v1/runs/{run}"
        assert until(lambda: client.get(address).json()["ended_at"] is not None)
        answer = client.get(f"{address}?lattice=true").json()
    lattice = answer["result"]["lattice"]
    kept = [event for event in answer["events"] if event["type"] != "run.stats"]
    events = [
        {field: UNREPEATABLE.get(field, value) for field, value in event.items()} | {"seq": number}
        for number, event in enumerate(kept)
    ]
    events[0]["run_id"] = name
    return {
        "events": events,
        "posteriors": {
            step["step"]: [one.get("posterior") for one in step["candidates"]]
            for step in lattice["steps"]
        },
        "best": best_of(lattice),
        "text": answer["result"]["clean_text"],
    }


def best_of(lattice):
    """Return the place of each token of the best path among its step's candidates."""
    places = {}
    for step, member in zip(lattice["steps"], lattice["best_path"], strict=False):
        members = [
            place
            for place, one in enumerate(step["candidates"])
            if one["state"] in ("kept", "finished")
        ]
        places[step["step"]] = members[member]
    return places


def all_told():
    """Return every run as it is written down."""
    return json.loads(json.dumps({name: told(name) for name in RUNS}))


def written(runs):
    """Return runs as the file holds them: an event a line."""
    parts = []
    for name, run in runs.items():
        events = ",\n".join(json.dumps(one, ensure_ascii=False) for one in run["events"])
        rest = json.dumps({key: run[key] for key in ("posteriors", "best", "text")})
        parts.append(f'{json.dumps(name)}: {{"events": [\n{events}\n], {rest[1:]}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(written(all_told()), encoding="utf-8")
