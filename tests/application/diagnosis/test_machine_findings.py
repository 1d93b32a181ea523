"""What is said of a machine, each with what to do."""

from dataclasses import replace

import pytest

from tempo.application.diagnosis.finding import Standing
from tempo.application.diagnosis.machine import GIB, MachineFacts, Place, machine_findings

WELL = MachineFacts(
    python=(3, 12),
    unmet=(),
    optional=(),
    memory=16 * GIB,
    device="cpu, 8 threads",
    weights=GIB,
    disk=100 * GIB,
    unused_gpu=False,
    port=(8000, True),
    places=(Place("hub cache", "/home/me/hub", True, "HF_HUB_CACHE"),),
)


def told(**changed):
    return {one.subject: one for one in machine_findings(replace(WELL, **changed))}


def test_a_machine_that_is_well_has_nothing_to_mend():
    findings = machine_findings(WELL)
    assert {one.standing for one in findings} == {Standing.OK}
    assert [one.subject for one in findings] == [
        *("python", "packages", "memory", "disk", "device", "port", "hub cache")
    ]


@pytest.mark.parametrize(
    ("changed", "subject", "standing", "found", "fix"),
    [
        ({"python": (3, 10)}, "python", "failed", "3.10", "install Python 3.11 or newer"),
        (
            {"unmet": ("torch is 2.1, and TEMPO needs >=2.8",)},
            "package",
            "failed",
            "torch is 2.1",
            "pip install --upgrade tempo-decoding",
        ),
        ({"optional": (("plots", "pip install p"),)}, "optional part", "note", "plots", "pip"),
        (
            {"weights": 15 * GIB},
            "memory",
            "failed",
            "16.0 GiB free on cpu, 8 threads, and this model takes about 18.0 GiB",
            "--dtype bfloat16 or int8",
        ),
        ({"memory": GIB, "weights": 0}, "memory", "note", "1.0 GiB free", "close other"),
        ({"memory": 0}, "memory", "note", "does not tell", "watch it"),
        ({"disk": GIB}, "disk", "note", "1.0 GiB free", "tempo models remove"),
        ({"unused_gpu": True}, "device", "note", "NVIDIA GPU", "CUDA build of PyTorch"),
        ({"port": (8000, False)}, "port", "note", "8000 is taken", "--port 0"),
        (
            {"places": (Place("hub cache", "/x", False, "HF_HUB_CACHE"),)},
            "hub cache",
            "note",
            "/x cannot be written to",
            "set HF_HUB_CACHE",
        ),
    ],
)
def test_each_finding_says_what_is_and_what_to_do(changed, subject, standing, found, fix):
    finding = told(**changed)[subject]
    assert finding.standing.value == standing
    assert found in finding.found
    assert fix in finding.fix
