"""What pip-audit found, and of how many packages it knew nothing: `make audit`.

pip-audit itself calls it a success when an index knows none of the packages.
"""

import json
import sys
from pathlib import Path


def verdict(document):
    """Whether all was looked at and nothing found, and the sentences that say what was."""
    packages = document["dependencies"]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in "
        f"{', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in packages
        for flaw in one.get("vulns", ())
    ]
    audited = len(packages) - len(unknown)
    told = [f"{audited} of {len(packages)} packages audited, {len(found)} vulnerabilities known"]
    if unknown:
        shown = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        told.append(f"nothing is known of {len(unknown)}, safe or not: {shown}")
    return not unknown and not found, [*told, *found]


if __name__ == "__main__":
    clean, told = verdict(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.stdout.write("".join(f"{line}\n" for line in told))
    sys.exit(0 if clean else 1)
