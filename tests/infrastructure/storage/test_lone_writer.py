"""A folder that one process at a time writes to."""

import pytest

from tempo.domain.errors import OutputError
from tempo.infrastructure.storage.lone_writer import alone_in


def refused(folder):
    with pytest.raises(OutputError) as caught, alone_in(folder):
        pass
    return str(caught.value)


def held_until(error, folder):
    """Hold a folder until an error, and return how a second one is refused meanwhile."""
    sentence = ""
    try:
        with alone_in(folder):
            sentence = refused(folder)
            raise error
    except type(error):
        return sentence


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyboardInterrupt()])
def test_a_folder_is_held_once_until_the_end_whatever_the_end_is(tmp_path, error):
    folder = tmp_path / "new" / "deeper"
    assert held_until(error, folder) == (
        f"another process is writing to {folder}; wait until it has ended, or name another folder "
        "by --output-dir"
    )
    with alone_in(folder):
        assert folder.is_dir()


def test_folders_within_each_other_are_held_apart(tmp_path):
    with alone_in(tmp_path), alone_in(tmp_path / "inner"):
        assert (tmp_path / "inner").is_dir()


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    assert refused(file) == f"{file} cannot be written: File exists; choose another folder"
    below = file / "below"
    assert refused(below) == f"{below} cannot be written: Not a directory; choose another folder"
    assert file.read_text() == "mine"
