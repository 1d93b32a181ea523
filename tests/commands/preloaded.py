"""A `tempo` whose libraries are loaded once: commands run in forks of one process that has them.

The command that a shell finds hands its arguments, folder, environment and open files over, and
passes signals on. What runs is the real command line; only the seconds of loading are spared.
Where the environment says SECONDS, a command that has computed for so long is interrupted as Ctrl-C
does it: seconds of its own, which a busy machine does not make fewer.
"""

import json
import os
import resource
import signal
import socket
import sys
import traceback
from contextlib import suppress

SECONDS = "TEMPO_COMMANDS_SECONDS"
COMMAND = """#!{python} -IS
import json, os, signal, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(line, [len(said).to_bytes(8, "big")], [0, 1, 2])
line.sendall(said)
process = int.from_bytes(line.recv(8), "big")
for one in (signal.SIGINT, signal.SIGTERM):
    signal.signal(one, lambda number, _: os.kill(process, number))
ended = line.recv(1)
sys.exit(ended[0] if ended else 70)
"""


def serve(address):
    """Run commands until killed."""
    from tempo.interfaces.cli import engine_loading  # noqa: F401 - what takes seconds

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        while True:
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(line)
                os._exit(0)
            line.close()


def answer(line):
    """Run one command in a fork of this process, and tell its exit code."""
    size, files, _, _ = socket.recv_fds(line, 8, 3)
    said = b""
    while len(said) < int.from_bytes(size, "big"):
        said += line.recv(1 << 16)
    process = os.fork()
    if process == 0:
        run(files, *json.loads(said))
    for file in files:
        os.close(file)
    line.sendall(process.to_bytes(8, "big"))
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    with suppress(OSError):
        line.sendall(bytes([code if code >= 0 else 128 - code]))


def run(files, arguments, folder, environment):
    """Be the command."""
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["tempo", *arguments]
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if SECONDS in environment:
        interrupt_after(int(environment[SECONDS]))
    code = 1
    try:
        from tempo.interfaces.cli.entry import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def interrupt_after(seconds):
    """Have this process interrupted, once, when it has computed for so many seconds."""

    def interrupt(*_):
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGXCPU, interrupt)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    serve(sys.argv[1])
