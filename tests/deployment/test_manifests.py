"""The manifest for KubeRay: its fields, the service's settings, and the versions of both."""

import re
from importlib.metadata import version
from pkgutil import resolve_name

import jsonschema
import pytest
import ray
import yaml
from ray.serve.schema import ServeDeploySchema

from tempo.application.serving.replica_plan import replica_plan
from tempo.application.serving.service_settings import OPTIONS, service_settings, variable
from tempo.domain.errors import InvalidValueError
from tempo.interfaces.http import rayservice
from tests.deployment.manifests import DEPLOY, RAY_SERVICE, pod_templates, ray_service

SECRETS = {"TEMPO_STORE": "postgresql://me@db/runs", "TEMPO_API_TOKEN": "secret"}


def served():
    return ServeDeploySchema.model_validate(yaml.safe_load(ray_service()["spec"]["serveConfigV2"]))


def environment(template):
    (container,) = template["spec"]["containers"]
    return {one["name"]: one.get("value", SECRETS.get(one["name"])) for one in container["env"]}


def test_the_manifest_has_the_fields_that_kuberay_documents():
    jsonschema.validate(ray_service(), RAY_SERVICE)


def test_ray_serve_takes_what_it_is_to_serve_and_finds_it():
    (application,) = served().applications
    assert resolve_name(application.import_path) is rayservice.application
    ports = [port for one in pod_templates() for port in one["spec"]["containers"][0]["ports"]]
    assert {one["containerPort"] for one in ports if one["name"] == "serve"} == {
        served().http_options.port
    }


def test_every_variable_is_a_setting_and_together_they_are_a_service():
    for template in pod_templates():
        found = environment(template)
        assert set(found) <= {variable(name) for name in OPTIONS}
        plan = replica_plan(service_settings({"engine": "ray"}, found))
        workers = ray_service()["spec"]["rayClusterConfig"]["workerGroupSpecs"][0]
        assert (plan.least, plan.most) == (workers["minReplicas"], workers["maxReplicas"])
        grace = template["spec"]["terminationGracePeriodSeconds"]
        assert grace > plan.stop_seconds


def test_image_and_manifest_name_the_versions_that_are_tested():
    said = ray_service()["spec"]["rayClusterConfig"]["rayVersion"]
    container = (DEPLOY / "Containerfile").read_text()
    assert said == ray.__version__ == re.search(r"^ARG RAY=(.+)$", container, re.MULTILINE)[1]
    images = {one["spec"]["containers"][0]["image"] for one in pod_templates()}
    assert images == {f"registry.example.org/tempo:{version('tempo-decoding')}"}


def test_the_application_reads_its_settings_from_the_environment_alone(monkeypatch):
    for name, value in environment(pod_templates()[0]).items():
        monkeypatch.setenv(name, value)
    made = rayservice.application({})
    options = made._bound_deployment.ray_actor_options
    assert (options["num_gpus"], options["num_cpus"]) == (1.0, 4.0)
    with pytest.raises(InvalidValueError, match="args holds 'model'"):
        rayservice.application({"model": "embedded"})
