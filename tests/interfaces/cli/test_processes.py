"""What only a process of its own shows: pipes, terminals, signals."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ESCAPE = "\x1b"


@pytest.fixture
def start(tiny_chat_model):
    """Start `python -m tempo generate` over the tiny model of 256 positions."""
    started = []

    def process(*arguments, environment=(), **options):
        clean = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "TERM"}}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        command = [sys.executable, "-m", "tempo", "generate", "--model", tiny_chat_model]
        child = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            env=clean | {"TERM": "xterm-256color"} | dict(environment),
            **pipes,
        )
        started.append(child)
        return child

    yield process
    for child in started:
        child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


def ended(child):
    out, err = child.communicate(timeout=120)
    return child.returncode, (out or b"").decode(), (err or b"").decode()


def test_a_pipe_gets_plain_text_and_no_progress(start):
    code, out, err = ended(start("the fox", "--max-steps", "12", "--format", "all"))
    assert (code, err) == (0, "")
    assert out.startswith("best text:\n")
    assert ESCAPE not in out
    assert "\r" not in out.split("bracketed:")[0]
    assert "step 1/" not in out


def test_what_streams_is_a_prefix_of_the_text(start, run, tiny_chat_model):
    """Text comes while the run goes on, and is never taken back."""
    options = ("the fox", "--max-steps", "200", "--threshold", "0.02", "--echo")
    child = start(*options, bufsize=0)
    seen, chunks = b"", 0
    while chunk := child.stdout.read(4096):
        seen += chunk
        chunks += 1
    assert child.wait() == 0
    assert chunks > 3
    whole = run("generate", "--model", tiny_chat_model, *options).out
    assert seen.decode() == whole
    assert whole.startswith("the fox")


def test_interrupting_ends_after_the_step_and_keeps_the_text(start):
    options = ("--max-steps", "250", "--max-width", "64", "--threshold", "0", "--echo")
    child = start("the fox", *options, "--superposition", "uniform", bufsize=0)
    seen = child.stdout.read(1)
    child.send_signal(signal.SIGINT)
    code, out, err = ended(child)
    assert code == 130
    assert (seen.decode() + out).startswith("the fox")
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if "stopped" in line]
    assert re.fullmatch(
        r"tempo: stopped by the user after \d+ steps; what was decoded is kept", line
    )


def test_a_full_disk_is_one_sentence(start):
    with Path("/dev/full").open("wb") as full:
        code, _, err = ended(start("the fox", "--max-steps", "8", stdout=full))
    assert code == 2
    assert err == "tempo: standard output cannot be written: No space left on device\n"


WRITERS = {
    "the streaming text": (),
    "a heading of rich": ("--format", "all"),
    "the help page": ("--help",),
}


@pytest.mark.parametrize("options", WRITERS.values(), ids=WRITERS)
def test_a_reader_that_went_away_ends_the_command_silently(start, options):
    """As `| head` does; whoever writes first, the code is that of a process that SIGPIPE ended."""
    reader, writer = os.pipe()
    os.close(reader)
    child = start("the fox", "--max-steps", "8", *options, stdout=writer)
    os.close(writer)
    code, _, err = ended(child)
    assert (code, err) == (141, "")


def test_a_reader_that_goes_away_while_text_streams_ends_the_command_silently(start):
    child = start("the fox", "--max-steps", "200", bufsize=0)
    child.stdout.read(1)
    child.stdout.close()
    child.stdout = None
    code, _, err = ended(child)
    assert (code, err) == (141, "")


def test_text_beyond_the_encoding_of_standard_output_is_no_crash(start):
    code, out, err = ended(
        start(
            "the fox",
            "--max-steps",
            "8",
            "--format",
            "all",
            environment=[("PYTHONIOENCODING", "ascii")],
        )
    )
    assert "Traceback" not in err
    assert (code, out[:10]) == (0, "best text:")


def on_a_terminal(start, *arguments):
    """Run with standard output on a terminal; return the code and all that it shows."""
    leader, follower = pty.openpty()
    child = start("the fox", "--max-steps", "8", *arguments, stdout=follower)
    os.close(follower)
    shown = b""
    while select.select([leader], [], [], 60)[0]:
        try:
            chunk = os.read(leader, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    return child.wait(), shown.decode(errors="replace")


def test_a_terminal_gets_colour_unless_it_is_switched_off(start):
    options = ("--format", "bracketed", "--threshold", "0.02")
    code, shown = on_a_terminal(start, *options)
    assert code == 0
    assert f"{ESCAPE}[" in shown
    code, shown = on_a_terminal(start, *options, "--no-color")
    assert code == 0
    assert "[" in shown
    assert ESCAPE not in shown


QUICK = {
    "the version": ("--version",),
    "the help": ("--help",),
    "a command's help": ("generate", "--help"),
    "a wrong setting": ("generate", "--threshold", "7", "Once"),
    "a missing prompt file": ("generate", "--prompt-file", "/no/such/file"),
}


@pytest.mark.parametrize("arguments", QUICK.values(), ids=QUICK)
def test_what_needs_no_model_does_not_wait_for_the_libraries(arguments):
    """torch and transformers take seconds to load."""
    code = (
        "import atexit, sys; from tempo.interfaces.cli.entry import main;"
        "atexit.register(lambda: print('LOADED', {'torch', 'transformers'} & set(sys.modules)));"
        "main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert ran.stdout.endswith("LOADED set()\n"), ran
