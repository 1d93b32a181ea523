"""What a user would install, built, judged and tried where nothing else is: `make release-check`.

Names of Python interpreters may follow; without them, the one that runs this is used.
"""

import sys
import time
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.integration.served import served
from tests.release.bare import Bare, FailedError, told
from tests.release.metadata import complaints, described

PROJECT = Path(__file__).parents[2]
VERSION = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
PROMPT = "Once upon a time"
RUN = {"prompt": PROMPT, "max_steps": 5}
IMPORTED = "import sys, tempo; print(tempo.__file__); sys.exit('torch' in sys.modules)"
DECODED = "import tempo; print(tempo.load().generate('Once upon a time', max_steps=5).text)"


def say(line):
    """Show a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def require(fact, otherwise):
    """Go on if something holds."""
    if not fact:
        raise FailedError(otherwise)


def build(folder):
    """Build both distributions as a release is: the wheel from the source distribution, with UI."""
    say("== the source distribution, and the wheel from it")
    building = ("env", "TEMPO_UI=require", sys.executable, "-m", "build")
    told(*building, "--outdir", folder, PROJECT)
    archives = sorted(folder.iterdir(), key=lambda one: one.suffix != ".whl")
    require(len(archives) == 2, f"two distributions were to be built, not {archives}")
    for archive in archives:
        say(f"   {archive.name}: {archive.stat().st_size / 1e6:.1f} MB")
        found = complaints(described(archive))
        require(not found, f"an index would refuse {archive.name}: " + "; ".join(found))
        require(VERSION in archive.name, f"{archive.name} is not of version {VERSION}")
    say("   an index would refuse neither")
    return archives


def try_commands(bare):
    """Try what needs nothing but the package."""
    place = Path(bare.run("python", "-c", IMPORTED).strip())
    require(place.is_relative_to(bare.folder), f"`import tempo` found {place}")
    say("   import tempo: without torch")
    said = bare.run("tempo", "--version").strip()
    require(said == f"tempo-decoding {VERSION}", f"`tempo --version` said {said!r}")
    say(f"   tempo --version: {said}")
    text = bare.run("tempo", "generate", PROMPT, "--max-steps", "5", "--save-lattice", "a.json")
    say(f"   tempo generate {PROMPT!r} --max-steps 5: {text.strip()!r}")
    again = bare.run("python", "-c", DECODED)
    require(again.strip() == text.strip(), f"tempo.load() decoded {again!r}")
    say("   tempo.load().generate(...): the same")
    require(text.strip() in bare.run("tempo", "show", "a.json"), "`tempo show` has another text")
    require("ambiguity" in bare.run("tempo", "experiment", "list"), "no studies are listed")
    say("   tempo show, tempo experiment list")
    refused = bare.run("tempo", "serve", code=2)
    require("tempo-decoding[serve]" in refused, f"`tempo serve` without its extra: {refused}")
    say("   tempo serve: refused, with the name of its extra")


def try_service(bare):
    """Try the service, its page included."""
    with served(python=bare.programs / "python", **bare.offline) as service:
        page = httpx.get(service.address, timeout=60)
        require(page.is_success and "<html" in page.text, f"the service's page: {page.text}")
        answer = httpx.post(f"{service.address}/generate", json=RUN, timeout=120)
        require(answer.is_success and "clean_text" in answer.json(), f"a run: {answer.text}")
    say("   tempo serve: its page, and a run")


def try_in(bare, archive):
    """Install a distribution alone, try it, add the extra of the service, and try that."""
    begun = time.monotonic()
    say(f"   installed: {bare.install(archive)} packages, which fit each other")
    try_commands(bare)
    say(f"   with [serve]: {bare.install(f'{archive}[serve]')} packages, which fit each other")
    try_service(bare)
    say(f"   {time.monotonic() - begun:.0f} s")


def main(pythons):
    """Build once; try the wheel on each interpreter, and the source distribution on the first."""
    with TemporaryDirectory(prefix="tempo-release-") as name:
        place = Path(name)
        (place / "dist").mkdir()
        wheel, source = build(place / "dist")
        tried = [*((python, wheel) for python in pythons), (pythons[0], source)]
        for number, (python, archive) in enumerate(tried):
            say(f"== {archive.name} on {told(python, '--version').strip()}, alone")
            try_in(Bare(place / str(number), python), archive)
    say("This may be released.")


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or [sys.executable])
    except FailedError as failure:
        sys.exit(f"Not to be released: {failure}")
