"""Nothing of a plain install needs what sweeps and clusters need."""

import subprocess
import sys

OPTIONAL = ("ray", "pyarrow", "optuna", "sqlalchemy", "psycopg")
LOADS_ALL = f"""
import importlib.abc, pkgutil, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import tempo

def failed(name):
    raise
left_out = ("kernels", "evaluation_harness", "serving.shared.")  # these need optional libraries
for module in pkgutil.walk_packages(tempo.__path__, "tempo.", onerror=failed):
    if not any(part in module.name for part in left_out) and module.name != "tempo.__main__":
        __import__(module.name)
print(tempo.load(random_weights="llama").generate("Once", max_steps=2).text != None)
"""


def test_every_module_loads_and_a_model_decodes_without_them():
    found = subprocess.run(
        [sys.executable, "-c", LOADS_ALL], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == "True\n"
