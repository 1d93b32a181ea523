"""The web UI at `/`, or what to do where it was not built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request, Response
from starlette.routing import Match, Route

if TYPE_CHECKING:
    from starlette.types import Scope

    from tempo.interfaces.http.site import Site, SiteFile

NOT_MODIFIED = 304
NOT_BUILT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>TEMPO: the page is not built</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 12vh auto; padding: 0 1rem }
pre { padding: .75rem 1rem; border: 1px solid; border-radius: .4rem; overflow-x: auto }
</style>
</head>
<body>
<main>
<h1>TEMPO is running; its page is not built</h1>
<p>One command builds it:</p>
<pre><code>COMMAND</code></pre>
<p>THEN</p>
<p>Everything else works as it is: <a href="docs">what this service answers</a>.</p>
</main>
</body>
</html>
"""

IN_A_CHECKOUT = ("make ui", "Run it in the folder of the sources, then load this page again.")
INSTALLED = (
    "TEMPO_UI=require pip install --force-reinstall --no-deps --no-cache-dir SOURCE",
    "SOURCE is what it was installed from. Then start <code>tempo serve</code> again.",
)
SOURCES = Path(__file__).parents[5] / "frontend" / "package.json"


class PageRoute(Route):
    """Answers for the page and its files, and for no other path.

    A route for every path would change how the service answers for those that are not there.
    """

    def __init__(self, site: Site) -> None:
        """Serve a site."""

        async def answer(request: Request) -> Response:
            path = request.scope["path"]
            if path == "/":
                site.refresh()
            found = site.file(path)
            if found is None:
                return Response(how_to_build(), media_type="text/html")
            return _answer(request, found)

        super().__init__("/{file:path}", answer, methods=["GET"])
        self._site = site

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether a request is for the page."""
        if scope["type"] != "http" or not self._site.holds(scope["path"]):
            return Match.NONE, {}
        match, found = super().matches(scope)
        return match, {**found, "route": self}  # the log and the metrics name it


def how_to_build(*, is_checkout: bool = SOURCES.is_file()) -> str:
    """Return the page that stands in for the one that was not built."""
    command, then = IN_A_CHECKOUT if is_checkout else INSTALLED
    return NOT_BUILT.replace("COMMAND", command).replace("THEN", then)


def _answer(request: Request, found: SiteFile) -> Response:
    """Return a file, or that the client has it already."""
    accepted = request.headers.get("accept-encoding", "").lower()
    content, tag, headers = found.content, f'"{found.digest}"', dict(found.headers)
    if found.compressed is not None and _accepts_gzip(accepted):
        content, tag = found.compressed, f'"{found.digest}-gzip"'
        headers["Content-Encoding"] = "gzip"
    headers["ETag"] = tag
    if _is_known(request.headers.get("if-none-match", ""), tag):
        headers.pop("Content-Encoding", None)
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(content, headers=headers)


def _accepts_gzip(accepted: str) -> bool:
    for part in accepted.split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _is_known(tags: str, tag: str) -> bool:
    """Whether a client named the tag among those it holds."""
    known = {part.strip().removeprefix("W/") for part in tags.split(",")}
    return tag in known or "*" in known
