"""A trial hears what a command was for, and tells all when it ended otherwise."""

import os

import pytest

from tests.release.bare import FailedError, told

BOTH = ("sh", "-c", "echo result; echo progress >&2; exit $ENDS")


def ends(code):
    return {"env": {"PATH": os.environ["PATH"], "ENDS": str(code)}}


def test_a_result_is_told_without_what_was_said_beside_it():
    assert told(*BOTH, **ends(0)) == "result\n"


def test_a_refusal_that_was_wanted_is_told():
    assert told(*BOTH, code=2, **ends(2)) == "progress\n"


@pytest.mark.parametrize(("code", "wanted"), [(1, 0), (0, 2), (1, 2)])
def test_another_end_is_a_failure_with_all_that_was_said(code, wanted):
    with pytest.raises(FailedError) as failure:
        told(*BOTH, code=wanted, **ends(code))
    assert str(failure.value).endswith(f"` ended with {code}, not {wanted}:\nresult\nprogress\n")
