"""What needs lm-evaluation-harness, which brings forty packages: `make test-harness`.

Elsewhere nothing here is collected; what the adapter is made of is tested without it.
"""

import os
from tempfile import TemporaryDirectory

CACHE = TemporaryDirectory()
"""Where the harness keeps its copies of our files; removed at the end."""

os.environ["HF_DATASETS_CACHE"] = CACHE.name
os.environ["HF_DATASETS_OFFLINE"] = "1"

collect_ignore_glob = [] if os.environ.get("TEMPO_HARNESS") == "1" else ["test_*.py"]
