"""A hub on this machine, which answers what huggingface_hub asks to fetch a model."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from tests.fakes.hub_cache import BIG, blob_name, commit_of


@contextmanager
def hub(repositories):
    """Serve {name: {revision: {file: content}}}; yields the address and the paths asked for."""
    asked = []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, *, body):
            path = unquote(urlsplit(self.path).path)
            asked.append((self.command, path))
            status, headers, content = response(repositories, path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_):
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def response(repositories, path):
    """Return status, headers and content for a path of the hub's interface."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "models"]:
        name, revision = "/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main"
    else:
        name, revision = "/".join(parts[:2]), parts[3] if len(parts) > 3 else ""
    revisions = repositories.get(name)
    if revisions is None:
        return 404, {"X-Error-Code": "RepoNotFound"}, b""
    files = {commit_of(one): content for one, content in revisions.items()} | revisions
    if revision not in files:
        return 404, {"X-Error-Code": "RevisionNotFound"}, b""
    commit = revision if len(revision) == 40 else commit_of(revision)
    if parts[0] == "api" and parts[4:5] == ["tree"]:
        return 200, {"Content-Type": "application/json"}, tree(files[revision])
    if parts[0] == "api":
        return 200, {"Content-Type": "application/json"}, listing(name, commit, files[revision])
    file = "/".join(parts[4:])
    if file not in files[revision]:
        return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}, b""
    content = files[revision][file]
    tag = {"ETag": f'"{blob_name(file, content)}"', "X-Repo-Commit": commit}
    return 200, tag, content


def listing(name, commit, files):
    siblings = []
    for file, content in files.items():
        one = {"rfilename": file, "size": len(content), "blobId": "0" * 40}
        if file.endswith(BIG):
            digest = blob_name(file, content)
            one["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
        siblings.append(one)
    told = {"id": name, "modelId": name, "sha": commit, "siblings": siblings, "tags": []}
    return json.dumps(told | {"private": False, "downloads": 0, "likes": 0}).encode()


def tree(files):
    entries = []
    for file, content in files.items():
        one = {"type": "file", "path": file, "size": len(content), "oid": "0" * 40}
        if file.endswith(BIG):
            digest = blob_name(file, content)
            one["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 130}
        entries.append(one)
    return json.dumps(entries).encode()
