"""The examples of the documentation run, page by page, each page from top to bottom."""

import doctest
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SERVED = PROJECT / "docs" / "how-to" / "serve.md"  # test_serve_page.py runs it beside a service
EVALUATED = PROJECT / "docs" / "how-to" / "evaluate.md"  # tests/harness runs it
PAGES = [
    PROJECT / "README.md",
    *sorted(set((PROJECT / "docs").rglob("*.md")) - {SERVED, EVALUATED}),
]
PYTHON = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(page):
    """The page's Python blocks, each on the lines where the page has it."""
    text = page.read_text(encoding="utf-8")
    for block in PYTHON.finditer(text):
        yield "\n" * text.count("\n", 0, block.start(1)) + block.group(1)


def run_session(source, page, names):
    """Run a block of `>>>` lines; what it prints must be what the page shows."""
    session = doctest.DocTestParser().get_doctest(source, names, str(page), str(page), 0)
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failed, _ = runner.run(session, out=report.append, clear_globs=False)
    names.update(session.globs)
    assert not failed, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_the_examples_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for source in examples(page):
        if source.lstrip().startswith(">>>"):
            run_session(source, page, names)
        else:
            exec(compile(source, str(page), "exec"), names)


def test_every_target_of_make_that_a_page_names_is_one():
    targets = set(re.findall(r"^([\w-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    pages = {*PAGES, SERVED, EVALUATED, PROJECT / "CONTRIBUTING.md"}
    named = {name for page in pages for name in re.findall(r"`make ([\w-]+)", page.read_text())}
    assert named
    assert named <= targets, named - targets
