"""How many replicas a service is to have, and what is refused of what was asked."""

import pytest

from tempo.application.serving.replica_plan import (
    ReplicaPlan,
    replica_plan,
    require_shared,
    shared_store,
)
from tempo.application.serving.service_settings import ServiceSettings
from tempo.application.serving.store_place import database_of, shown_store
from tempo.domain.errors import ContradictionError, InvalidValueError, TempoError


def plan(**given):
    return replica_plan(ServiceSettings(**given))


def refused(**given):
    with pytest.raises(InvalidValueError) as raised:
        plan(**given)
    return str(raised.value)


def test_a_service_is_one_process_unless_ray_is_asked_for():
    assert plan() is None
    made = plan(engine="ray", replicas=2, replica_gpus=0.5, max_concurrent_runs=7, stop_seconds=3.0)
    assert made == ReplicaPlan("", 2, 2, 2, 0.5, 1.0, 7, 3.0)
    assert not made.varies


def test_bounds_let_the_number_of_replicas_follow_what_is_asked():
    made = plan(engine="ray", replicas=2, min_replicas=1, max_replicas=4)
    assert (made.least, made.first, made.most, made.varies) == (1, 2, 4, True)
    assert plan(engine="ray", max_replicas=3).varies


def test_what_makes_no_sense_is_one_sentence():
    assert refused(engine="spark") == "engine is 'spark'; it must be one of local, ray"
    assert refused(engine="ray", replicas=0) == "replicas is 0; it must be a number of at least 1"
    assert refused(engine="ray", replicas=3, min_replicas=4, max_replicas=2) == (
        "min_replicas is 4, replicas 3 and max_replicas 2; each must be at least the one before, "
        "and the first at least 1"
    )
    assert "replicas 1" in refused(engine="ray", min_replicas=2, max_replicas=4)
    assert "max_replicas 2" in refused(engine="ray", replicas=3, max_replicas=2)
    assert refused(engine="ray", replica_gpus=1.5) == (
        "replica_gpus is 1.5; it must be a part of one GPU, at most 1, or a whole number of them"
    )
    assert refused(replicas=2) == (
        "replicas is 2, and engine local has no replicas; say --engine ray, or leave --replicas out"
    )
    assert "leave --address out" in refused(address="127.0.0.1:6379")


def test_a_file_is_shared_as_a_database_and_nothing_else_is():
    assert shared_store("/data/runs.sqlite3", "/x") == "sqlite:////data/runs.sqlite3"
    assert shared_store("", "/home/me/runs.sqlite3") == "sqlite:////home/me/runs.sqlite3"
    assert shared_store("postgresql://me@db/runs", "/x") == "postgresql://me@db/runs"
    with pytest.raises(ContradictionError) as raised:
        shared_store(":memory:", "/x")
    assert str(raised.value) == (
        "store is :memory:, which replicas cannot share; name a file on one machine, or "
        "postgresql://USER@HOST/DATABASE"
    )


def test_several_nodes_share_no_file():
    require_shared("sqlite:////data/runs.sqlite3", 1)
    require_shared("postgresql://me@db/runs", 9)
    with pytest.raises(ContradictionError) as raised:
        require_shared("sqlite:////data/runs.sqlite3", 3)
    assert str(raised.value) == (
        "store is /data/runs.sqlite3, and the cluster has 3 nodes, which share no file; name a "
        "database by --store postgresql://USER@HOST/DATABASE"
    )


@pytest.mark.parametrize(
    ("store", "url"),
    [
        ("", None),
        (":memory:", None),
        ("runs.sqlite3", None),
        ("sqlite:////data/runs", "sqlite:////data/runs"),
        ("postgres://me@db/runs", "postgresql://me@db/runs"),
    ],
)
def test_a_database_is_told_from_a_file(store, url):
    assert database_of(store) == url
    assert ServiceSettings(store=store).store == store


@pytest.mark.parametrize("store", ["mysql://me:secret@db/runs", "sqlite://", "sqlite://runs"])
def test_another_database_is_refused_without_its_password(store):
    with pytest.raises(TempoError, match=r"sqlite:///FILE") as raised:
        ServiceSettings(store=store)
    assert "secret" not in str(raised.value)


def test_a_password_is_not_shown():
    assert shown_store("postgresql://me:se@cret@db/runs") == "postgresql://me:***@db/runs"
    for store in ("postgresql://me@db/runs", "sqlite:////data/a:b@c", "/a:b@c", ":memory:"):
        assert shown_store(store) == store
