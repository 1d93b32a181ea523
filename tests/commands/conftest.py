"""Every command of the documentation, run as it is written: `make test-commands`.

Elsewhere nothing here is collected: it takes minutes.
"""

import os

collect_ignore_glob = [] if os.environ.get("TEMPO_COMMANDS") == "1" else ["test_*.py"]
