"""What a package index would refuse in a distribution's description of itself."""

import tarfile
import zipfile

from packaging.metadata import Metadata
from trove_classifiers import classifiers, deprecated_classifiers

RENDERED = ("text/markdown", "text/x-rst", "text/plain")
"""The kinds of text that an index shows."""


def described(archive):
    """The description that a wheel or a source distribution carries, as bytes."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
            return wheel.read(name)
    with tarfile.open(archive) as source:
        top = source.getnames()[0].partition("/")[0]
        return source.extractfile(f"{top}/PKG-INFO").read()


def complaints(description):
    """One sentence for each reason to refuse it; none where it may be published."""
    try:
        said = Metadata.from_email(description)
    except ExceptionGroup as group:
        return [str(one) for one in group.exceptions]
    found = [
        f"the classifier {one!r} is none of the known ones"
        for one in said.classifiers or ()
        if one not in classifiers and one not in deprecated_classifiers
    ]
    found += [
        f"the classifier {one!r} has been replaced by {deprecated_classifiers[one]}"
        for one in said.classifiers or ()
        if one in deprecated_classifiers
    ]
    kind = (said.description_content_type or "").partition(";")[0]
    if kind not in RENDERED:
        found.append(f"the long description is {kind or 'of no kind'}, not one of {RENDERED}")
    found += [
        f"the field {name!r} is empty"
        for name in ("summary", "description", "requires_python", "license_expression")
        if not getattr(said, name)
    ]
    return found
