"""The files under `deploy`, and KubeRay's fields as its types of version v1 document them."""

from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"

TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
COUNT = {"type": "integer", "minimum": 0}
POD = {"type": "object", "required": ["spec"]}
"""What is in it, Kubernetes' own schema says."""


def of(required, **properties):
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


HEAD = of(
    ["rayStartParams", "template"],
    serviceType={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    headService={"type": "object"},
    enableIngress={"type": "boolean"},
    rayStartParams=TEXTS,
    template=POD,
)
WORKERS = of(
    ["groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"],
    groupName={"type": "string"},
    replicas=COUNT,
    minReplicas=COUNT,
    maxReplicas=COUNT,
    numOfHosts=COUNT,
    rayStartParams=TEXTS,
    template=POD,
    scaleStrategy={"type": "object"},
)
CLUSTER = of(
    ["headGroupSpec"],
    headGroupSpec=HEAD,
    workerGroupSpecs={"type": "array", "items": WORKERS},
    rayVersion={"type": "string"},
    enableInTreeAutoscaling={"type": "boolean"},
    autoscalerOptions={"type": "object"},
    headServiceAnnotations=TEXTS,
    suspend={"type": "boolean"},
)
RAY_SERVICE = of(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayService"},
    metadata={"type": "object", "required": ["name"]},
    spec=of(
        ["serveConfigV2", "rayClusterConfig"],
        serveConfigV2={"type": "string"},
        rayClusterConfig=CLUSTER,
        serveService={"type": "object"},
    ),
)


def ray_service():
    return yaml.safe_load((DEPLOY / "kuberay" / "rayservice.yaml").read_text())


def pod_templates():
    cluster = ray_service()["spec"]["rayClusterConfig"]
    return [one["template"] for one in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]
