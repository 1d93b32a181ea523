"""What only a GPU can show: `TEMPO_FUSED_DEVICE=cuda python -m pytest tests/gpu tests/contracts`.

Elsewhere nothing here is collected; the same laws are tested on a processor by their own adapters.
"""

import os

collect_ignore_glob = [] if os.environ.get("TEMPO_FUSED_DEVICE") == "cuda" else ["test_*.py"]
