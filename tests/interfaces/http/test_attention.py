"""What a step's tokens attend to, over the routes of runs."""

import pytest

from tests.interfaces.http.conftest import until

RUNS = "/api/v1/runs"


@pytest.fixture(scope="module")
def place(client):
    run = client.post(RUNS, json={"prompt": "Once"}).json()
    place = f"{RUNS}/{run['run_id']}"
    assert until(lambda: client.get(place).json()["result"] is not None)
    return place


def test_each_kept_token_names_what_it_attends_to_most_first(client, place):
    answer = client.get(f"{place}/steps/2/attention", params={"k": 2})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    assert [row["text"] for row in rows] == [" park", " garden"]
    for row in rows:
        weights = [one["weight"] for one in row["attends"]]
        assert len(weights) == 2
        assert weights == sorted(weights, reverse=True)
        assert {one["text"] for one in row["attends"]} <= {"Once", " upon", " a"}
        assert 0.0 < sum(weights) <= 1.0 + 1e-6


@pytest.mark.parametrize(("step", "k"), [(99, 1), (0, 0), (0, 257), (-1, 1)])
def test_what_is_not_there_is_refused(client, place, step, k):
    assert client.get(f"{place}/steps/{step}/attention", params={"k": k}).status_code == 422
