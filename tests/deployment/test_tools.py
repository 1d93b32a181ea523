"""What Kubernetes' schema and hadolint say of the files under `deploy`."""

import subprocess
import sysconfig
from pathlib import Path

import kubernetes_validate
import pytest

from tests.deployment.manifests import DEPLOY, pod_templates

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.mark.parametrize("template", pod_templates())
def test_kubernetes_takes_the_pods(template):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tempo"}, **template}
    kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


def test_hadolint_finds_nothing_in_the_container_file():
    command = [str(SCRIPTS / "hadolint"), "--no-color", str(DEPLOY / "Containerfile")]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
