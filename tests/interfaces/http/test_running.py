"""Where the service listens, and what it says where it cannot."""

import socket

import pytest

from tempo.application.serving.service_settings import ServiceSettings
from tempo.domain.errors import InvalidValueError, UnavailableError
from tempo.interfaces.http import running
from tempo.interfaces.http.listening import listen_on


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_is_none_is_refused_with_the_range(port):
    with pytest.raises(InvalidValueError, match=f"port is {port}; .* from 0 to 65535"):
        ServiceSettings(port=port)


def test_a_port_in_use_is_named(taken):
    with pytest.raises(UnavailableError, match=f"port {taken} of 127.0.0.1 is in use; .* --port"):
        listen_on("127.0.0.1", taken)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".invalid", "\x00"])
def test_a_host_without_an_address_is_named(host):
    with pytest.raises(UnavailableError, match=r"no address is known for host .*--host"):
        listen_on(host, 0)


def test_an_address_of_another_machine_is_named():
    with pytest.raises(UnavailableError, match=r"192\.0\.2\.1 is no address of this machine"):
        listen_on("192.0.2.1", 0)


def test_what_the_system_says_otherwise_is_passed_on(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:80 cannot .*: Permission denied"):
        listen_on("127.0.0.1", 80)


def test_a_name_with_several_addresses_is_listened_to_on_one_port():
    sockets = listen_on("localhost", 0)
    try:
        assert len({one.getsockname()[1] for one in sockets}) == 1
        assert {one.getsockname()[0] for one in sockets} <= {"127.0.0.1", "::1"}
    finally:
        for one in sockets:
            one.close()


def test_an_address_that_a_name_has_and_the_machine_does_not_is_left_out(monkeypatch):
    places = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0))
        for host in ("192.0.2.1", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    (one,) = listen_on("twice", 0)
    assert one.getsockname()[0] == "127.0.0.1"
    one.close()


def test_nothing_stays_open_where_one_address_of_a_name_is_taken(taken, monkeypatch):
    places = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", taken)),
    ]
    made, create = [], socket.create_server
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    monkeypatch.setattr(
        socket, "create_server", lambda *a, **k: made.append(create(*a, **k)) or made[-1]
    )
    with pytest.raises(UnavailableError):
        listen_on("twice", taken)
    assert all(one.fileno() == -1 for one in made)


class Recorded:
    """What the supervisor of uvicorn was given."""

    def __init__(self, config, target, sockets):
        Recorded.config, Recorded.target, Recorded.sockets = config, target, sockets

    def run(self):
        Recorded.port = self.sockets[0].getsockname()[1]


def test_with_reload_a_factory_is_started_again_over_the_packages_own_source(monkeypatch):
    monkeypatch.setattr(running, "ChangeReload", Recorded)
    running.run_reloading(ServiceSettings(port=0))
    config = Recorded.config
    assert (config.app, config.factory) == ("tempo.interfaces.http.app:create_app", True)
    assert config.should_reload
    assert [path.name for path in config.reload_dirs] == ["tempo"]
    assert Recorded.port > 0
    assert Recorded.sockets[0].fileno() == -1
    assert Recorded.target.__name__ == "run"


def test_connections_stay_open_for_longer_than_clients_keep_them(monkeypatch):
    monkeypatch.setattr(running, "ChangeReload", Recorded)
    running.run_reloading(ServiceSettings(port=0))
    assert Recorded.config.timeout_keep_alive > 60


def test_no_part_of_an_answer_waits_for_the_last_to_be_confirmed():
    (listening,) = listen_on("127.0.0.1", 0)
    with listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
