"""The web UI as it was built into the package: its files, and how long each may be kept."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "ui"
INDEX = "index.html"
STAMP = "built-from"
"""The file in the folder that says from which sources the others were built."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""What a file is, by its name; what the machine thinks of names is not asked."""

TEXT = frozenset({".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest"})
UNKNOWN = "application/octet-stream"

HASHED = "/_app/immutable/"
"""Where the name of every file holds the digest of its content."""

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file of the page: its bytes, their gzip where that is shorter, and its headers."""

    content: bytes
    compressed: bytes | None
    digest: str
    headers: Mapping[str, str]


class Site:
    """The files of one build, by the paths they are asked for. They are read once, into memory.

    What is asked for is looked up, never opened, so that no path leads anywhere else.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read what was built; a folder that is not there is a page that was not built."""
        self._folder = folder
        self._stamp = b""
        self._files: dict[str, SiteFile] = {}
        self.refresh()

    @property
    def is_built(self) -> bool:
        """Whether there is a page."""
        return bool(self._files)

    def holds(self, path: str) -> bool:
        """Whether the page answers for a path: for its address always, and for its files."""
        return path == "/" or path in self._files

    def file(self, path: str) -> SiteFile | None:
        """Return what is at a path, or None."""
        return self._files.get(path)

    def refresh(self) -> None:
        """Read the files anew if they were built anew, so that the service can go on."""
        stamp = _content(self._folder / STAMP)
        if stamp != self._stamp or not stamp:
            self._files = _read(self._folder) if stamp else {}
            self._stamp = stamp


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _read(folder: Path) -> dict[str, SiteFile]:
    """Return every file below a folder by its path; nothing without the page itself."""
    files = {
        f"/{path.relative_to(folder).as_posix()}": _file_of(path, folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != STAMP
    }
    page = files.pop(f"/{INDEX}", None)
    return {"/": page, **files} if page else {}


def _file_of(path: Path, folder: Path) -> SiteFile:
    content, suffix = path.read_bytes(), path.suffix.lower()
    place = f"/{path.relative_to(folder).as_posix()}"
    headers = {
        "Content-Type": TYPES.get(suffix, UNKNOWN),
        "Cache-Control": FOREVER if place.startswith(HASHED) else ASK_AGAIN,
    }
    if place == f"/{INDEX}":
        policy = policy_of(content.decode("utf-8"))
        headers |= {"Content-Security-Policy": policy} if policy else {}
    compressed = gzip.compress(content, mtime=0) if suffix in TEXT else content
    if suffix in TEXT:
        headers["Vary"] = "Accept-Encoding"
    return SiteFile(
        content=content,
        compressed=compressed if len(compressed) < len(content) else None,
        digest=hashlib.sha256(content).hexdigest()[:32],
        headers=headers,
    )


def policy_of(page: str) -> str:
    """Return the page's own content security policy, and that nothing may frame it.

    The build writes it into the page, with the digests of the inline scripts that it wrote. What
    has no policy of its own is given the service's, under which no inline script runs.
    """
    found = _Policy()
    found.feed(page)
    return f"{found.policy.rstrip('; ')}; frame-ancestors 'none'" if found.policy else ""


class _Policy(HTMLParser):
    """Finds the policy in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and (given.get("http-equiv") or "").lower() == "content-security-policy":
            self.policy = given.get("content") or ""
