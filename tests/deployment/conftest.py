"""Kubernetes' own schema and the linter of container files: `make check-deploy`.

Elsewhere only what needs neither is collected.
"""

import os

collect_ignore_glob = [] if os.environ.get("TEMPO_DEPLOY") == "1" else ["test_tools.py"]
