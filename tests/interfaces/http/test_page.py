"""The web UI: what is served of it, how it may be kept, and what stands in for it."""

import gzip
import mimetypes
import socket
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tempo.interfaces.http.routes.page import how_to_build
from tempo.interfaces.http.site import FOLDER, TYPES, Site, policy_of
from tests.interfaces.http.conftest import serving
from tests.interfaces.http.loopback import loopback

INLINE = "sha256-YfQPD7dpgid987gAkVpjo3mXXv9Wy+92MWL6VI34m24="
POLICY = f"default-src 'self'; script-src 'self' '{INLINE}'"
PAGE = f"""<!doctype html>
<html lang="en"><head><title>TEMPO</title>
<meta http-equiv="content-security-policy" content="{POLICY}">
</head><body></body></html>
"""
SCRIPT = "/_app/immutable/entry/start.B1.js"
FILES = {
    "/index.html": PAGE,
    "/favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "/_app/version.json": '{"version":"1"}',
    SCRIPT: "export const word = 'tempo';\n" * 40,
    "/_app/immutable/assets/0.C2.css": "h1 { color: green }",
}
PLAIN = {"Accept-Encoding": "identity"}


def write(folder, files, stamp="one"):
    for name, text in files.items():
        path = folder / name[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "built-from").write_text(stamp, "utf-8")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("site") / "ui", FILES)
    (folder.parent / "secret.js").write_text("secret", "utf-8")
    return Site(folder)


@pytest.fixture(scope="module")
def client(site):
    with serving(site=site) as client:
        yield client


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    with serving(site=Site(tmp_path_factory.mktemp("bare") / "ui")) as client:
        yield client


def test_the_page_is_at_the_root_and_its_files_where_it_asks_for_them(client):
    page = client.get("/")
    assert page.status_code == 200
    assert page.text == PAGE
    for name, text in FILES.items():
        if name != "/index.html":
            assert client.get(name).text == text, name
    assert client.get("/index.html").status_code == 404
    assert client.get("/built-from").status_code == 404


@pytest.mark.parametrize("name", ["/", *list(FILES)[1:]])
def test_only_names_that_hold_a_digest_are_kept_without_asking(client, name):
    expected = (
        "public, max-age=31536000, immutable" if name.startswith("/_app/immutable/") else "no-cache"
    )
    assert client.get(name).headers["cache-control"] == expected


def test_what_the_machine_thinks_of_names_changes_nothing(client, monkeypatch):
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: ("text/plain", None))
    told = {name: client.get(name).headers["content-type"] for name in ("/", *list(FILES)[1:])}
    assert told == {
        "/": "text/html; charset=utf-8",
        "/favicon.svg": "image/svg+xml",
        "/_app/version.json": "application/json",
        SCRIPT: "text/javascript; charset=utf-8",
        "/_app/immutable/assets/0.C2.css": "text/css; charset=utf-8",
    }


def test_the_page_has_the_policy_that_the_build_wrote_into_it_and_no_frame(client):
    headers = client.get("/").headers
    assert headers["content-security-policy"] == f"{POLICY}; frame-ancestors 'none'"
    for name, value in {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
    }.items():
        assert headers[name] == value


def test_a_page_without_a_policy_gets_the_services_under_which_no_inline_script_runs(tmp_path):
    folder = write(tmp_path / "ui", {"/index.html": "<script>1</script>"})
    with serving(site=Site(folder)) as client:
        policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy
    assert policy_of("<p>") == ""


def test_what_a_client_holds_is_not_sent_again(client):
    for encoding in ("identity", "gzip"):
        first = client.get(SCRIPT, headers={"Accept-Encoding": encoding})
        tag = first.headers["etag"]
        for held in (tag, f'"other", W/{tag}', "*"):
            again = client.get(SCRIPT, headers={"If-None-Match": held, "Accept-Encoding": encoding})
            assert again.status_code == 304
            assert again.content == b""
            assert again.headers["etag"] == tag
            assert again.headers["cache-control"] == first.headers["cache-control"]
        assert client.get(SCRIPT, headers={"If-None-Match": '"other"'}).status_code == 200


def test_text_is_sent_compressed_to_those_who_take_it_under_a_tag_of_its_own(site):
    with serving(site=site) as client:
        plain = client.get(SCRIPT, headers=PLAIN)
        small = client.get(SCRIPT, headers={"Accept-Encoding": "br, gzip;q=0.5"})
        refused = client.get(SCRIPT, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(plain.content) / 5
    assert small.text == plain.text
    assert small.headers["etag"] != plain.headers["etag"]
    assert {one.headers["vary"] for one in (plain, small)} == {"Accept-Encoding"}
    assert gzip.decompress(site.file(SCRIPT).compressed) == site.file(SCRIPT).content


def test_only_the_head_is_answered_where_only_that_is_asked_for(client):
    for name in ("/", SCRIPT):
        whole, head = client.get(name, headers=PLAIN), client.head(name, headers=PLAIN)
        assert head.status_code == 200
        assert head.content == b""
        for header in ("content-length", "etag", "content-type", "cache-control"):
            assert head.headers[header] == whole.headers[header]


def test_the_page_needs_no_token_and_what_it_asks_for_does(site):
    with serving(site=site, api_token="secret", rate_limit="2/hour") as client:
        for name in ("/", *list(FILES)[1:]):
            assert client.get(name).status_code == 200, name
        assert client.get("/api/v1/runs").status_code == 401
        assert client.get("/_app/other.js").status_code == 401
        assert client.get("/", headers={"Host": "tempo.example"}).status_code == 200


@pytest.mark.parametrize("name", ["/", SCRIPT])
def test_without_a_token_the_page_is_for_this_machine_alone(client, name):
    assert client.get(name, headers={"Host": "evil.example"}).status_code == 403
    assert client.get(f"http://192.0.2.7{name}").status_code == 403
    assert client.get(name, headers={"Host": "localhost:8000"}).status_code == 200


def test_all_other_paths_are_answered_as_if_there_were_no_page(client):
    assert client.get("/nowhere").json()["error"]["kind"] == "not_found"
    assert client.get("/_app/").status_code == 404
    assert client.post("/nowhere").status_code == 404
    assert client.get("/generate").status_code == 405
    assert client.post("/").json()["error"]["kind"] == "method_not_allowed"
    assert client.get("/docs").status_code == 200
    assert client.get("/health").json() == {"status": "ok"}
    assert "/" not in client.get("/openapi.json").json()["paths"]


def test_the_log_and_the_metrics_name_all_its_files_alike(client, service_log):
    client.get("/")
    client.get(SCRIPT)
    assert {one["route"] for one in service_log("request.answered")} == {"/{file:path}"}
    assert 'code="200",method="GET",route="/{file:path}"' in client.get("/metrics").text


OUT = ["..", "%2e%2e", "%2E.", "..%2f..", "..%5c", "", ".", "_app", "immutable", "secret.js"]


@example(["..", "secret.js"])
@example(["_app", "..", "..", "secret.js"])
@example(["built-from"])
@given(st.lists(st.one_of(st.sampled_from(OUT), st.text(max_size=5)), max_size=6))
def test_no_path_leads_to_anything_but_the_files_of_the_build(site, parts):
    path = "/" + "/".join(parts)
    found = site.file(path)
    assert site.holds(path) == (found is not None)
    assert found is None or path == "/" or found.content == FILES[path].encode()


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.js",
        "/_app/../../secret.js",
        "/%2e%2e/secret.js",
        "/_app/%2e%2e%2f%2e%2e%2fsecret.js",
        "/..%5csecret.js",
        "//secret.js",
        "/_app/immutable/../../built-from",
        f"/{quote(str(FOLDER), safe='')}",
        "/%00",
    ],
)
def test_what_lies_beside_the_page_cannot_be_read_over_the_wire(site, target):
    with loopback(site=site) as (address, _):
        where = urlsplit(address)
        with socket.create_connection((where.hostname, where.port), 10) as connection:
            head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), answer[:80]
    assert b"secret\r\n" not in answer
    assert not answer.endswith((b"secret", b"one"))


def test_without_a_build_the_page_says_the_one_command_that_makes_it(bare):
    page = bare.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert "<code>make ui</code>" in page.text
    assert 'href="docs"' in page.text
    assert bare.head("/").status_code == 200
    assert bare.get(SCRIPT).status_code == 404
    installed = how_to_build(is_checkout=False)
    assert "<code>TEMPO_UI=require pip install " in installed
    for text in (page.text, installed):
        assert "<script" not in text
        assert " style=" not in text
        assert text.count("<pre>") == 1
    policy = page.headers["content-security-policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy


def test_what_is_built_while_the_service_runs_is_shown_at_the_next_look(tmp_path):
    folder = tmp_path / "ui"
    with serving(site=Site(folder)) as client:
        assert "make ui" in client.get("/").text
        write(folder, FILES)
        assert client.get("/").text == PAGE
        assert client.get(SCRIPT).status_code == 200
        changed = PAGE.replace("TEMPO", "TEMPO 2")
        write(folder, {"/index.html": changed}, stamp="two")
        assert client.get("/").text == changed


def test_a_folder_that_holds_no_page_is_none(tmp_path):
    assert not Site(write(tmp_path / "ui", {"/favicon.svg": "<svg/>"})).is_built


def test_a_file_of_a_kind_that_is_not_known_is_not_guessed(tmp_path):
    site = Site(write(tmp_path / "ui", {"/index.html": PAGE, "/odd.xyz": "x"}))
    assert site.file("/odd.xyz").headers["Content-Type"] == "application/octet-stream"


def test_the_page_of_this_package_if_it_was_built_holds_nothing_of_an_unknown_kind():
    built = [path for path in FOLDER.rglob("*") if path.is_file() and path.name != "built-from"]
    assert {path.suffix for path in built} <= TYPES.keys()
