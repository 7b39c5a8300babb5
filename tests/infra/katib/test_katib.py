"""Katib as it is published and as we want it (B3): real manifests, each patch with what it takes away.

That the API server takes them is proved in a rehearsal; the Experiment is held against Katib's own API here.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from infra.contents.lock import locked
from infra.contents.objects import documents
from infra.katib import patches, wiring
from infra.katib.names import COMPONENT, TRIAL
from infra.specs.crossing import TrainingImage
from infra.specs.katib import IMAGES, KatibDigests, KatibSpec
from sandbox.toolchain import Tool, Toolchain
from tests.infra.environments import made, source
from workloads.catalogue import CATALOGUE
from workloads.patterns.migration import Names
from workloads.patterns.training import experiment

ZERO = f"sha256:{'0' * 64}"
SPEC = KatibSpec(digests=KatibDigests(**dict.fromkeys(KatibDigests.model_fields, ZERO)))
PLAN = patches.Plan({name: SPEC.image(name) for name in IMAGES}, "db.example", f"mlflow@{ZERO}")
FRAUD = CATALOGUE["fraud-detection"]


@functools.cache
def published() -> tuple[dict[str, Any], ...]:
    return tuple(documents(source().bring(locked("katib")) or {}))


def wanted(kind: str, name: str) -> dict[str, Any]:
    (found,) = [
        item
        for item in patches.patched(published(), PLAN)
        if (item["kind"], item["metadata"]["name"]) == (kind, name)
    ]
    return found


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = wanted("Deployment", name)["spec"]["template"]["spec"]
    return found


def test_published_manifests_are_left_as_they_were() -> None:
    before = json.dumps(published())
    patches.patched(published(), PLAN)
    assert json.dumps(published()) == before


def test_what_comes_out_are_the_same_objects() -> None:
    """B3: nothing is added and nothing lost; there is no database pod and no default password among them."""
    names = [(item["kind"], item["metadata"]["name"]) for item in patches.patched(published(), PLAN)]
    assert names == [(item["kind"], item["metadata"]["name"]) for item in published()]
    assert "Secret" not in {kind for kind, _ in names}
    assert sum(kind == "CustomResourceDefinition" for kind, _ in names) == 3


@pytest.mark.parametrize("name", ["katib-controller", "katib-db-manager"])
def test_pods_are_by_digest_with_amounts_and_read_only(name: str) -> None:
    """B3, B9."""
    found = pod(name)
    for container in [*found["containers"], *found.get("initContainers", [])]:
        assert container["image"].endswith(ZERO)
        assert container["resources"]["limits"]["memory"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert found["securityContext"]["runAsNonRoot"] is True


def test_database_is_postgres_by_a_checked_certificate_and_a_user_of_its_own() -> None:
    """B3: Katib's MySQL client cannot be told to use TLS; its Postgres client can."""
    (container,) = pod("katib-db-manager")["containers"]
    env = {item["name"]: item.get("value") or item["valueFrom"]["secretKeyRef"] for item in container["env"]}
    assert env["DB_NAME"] == "postgres"
    assert env["KATIB_POSTGRESQL_SSL_MODE"] == "verify-full"
    assert env["KATIB_POSTGRESQL_DB_HOST"] == "db.example"
    assert env["DB_PASSWORD"] == {"name": "katib-database", "key": "password"}


def test_controller_may_read_no_secret_and_write_no_webhook() -> None:
    """B3: cert-manager makes its certificate. What was published let it read every Secret of the cluster."""
    rules = wanted("ClusterRole", "katib-controller")["rules"]
    assert {resource for rule in rules for resource in rule["resources"]} >= {"experiments", "jobs"}
    assert not [rule for rule in rules if "secrets" in rule["resources"]]
    assert not [rule for rule in rules if "admissionregistration.k8s.io" in rule["apiGroups"]]
    (role,) = [item for item in published() if item["kind"] == "ClusterRole"]
    assert [rule for rule in role["rules"] if "secrets" in rule["resources"]]


def test_only_pods_of_trials_wait_for_the_webhook() -> None:
    """B3: without the selector no pod of the namespace would start while Katib is away."""
    hooks = wanted("MutatingWebhookConfiguration", "katib.kubeflow.org")["webhooks"]
    (about_pods,) = [hook for hook in hooks if "mutator.pod" in hook["name"]]
    assert about_pods["objectSelector"] == {"matchLabels": TRIAL}
    spec = experiment(Names(FRAUD.name), _search(), _image())
    labels = spec["trialTemplate"]["trialSpec"]["spec"]["template"]["metadata"]["labels"]
    assert labels.items() >= TRIAL.items()


def test_settings_hold_the_bayesian_algorithm_and_jobs() -> None:
    """B3."""
    text = patches.config(PLAN)["data"]["katib-config.yaml"]
    found = yaml.safe_load(text)
    assert found["init"]["controller"]["trialResources"] == ["Job.v1.batch"]
    (algorithm,) = found["runtime"]["suggestions"]
    assert algorithm["algorithmName"] == "bayesianoptimization"
    assert ":v" not in text, "by digest"


def test_fraud_detections_experiment_is_one_by_katibs_own_api() -> None:
    """B3, D: 3 parallel, 15 trials, and no field that Katib does not know (its definition takes any)."""
    spec = experiment(Names(FRAUD.name), _search(), _image())
    assert (spec["parallelTrialCount"], spec["maxTrialCount"]) == (3, 15)
    assert _against("v1beta1.ExperimentSpec", spec) == []
    misspelt = {**spec, "parallelTrials": 3}
    assert _against("v1beta1.ExperimentSpec", misspelt) != []


def _against(kind: str, value: Any) -> list[str]:
    """What Katib's published API says against it: strictly, what it does not name is wrong.

    Kubernetes' own kinds are not in the file; a container of the collector and a trial may be anything here.
    """
    file = Toolchain.locate().path(Tool.DEFINITIONS).parent / "katib-api" / "swagger.json"
    known = json.loads(file.read_text())["definitions"]
    foreign: dict[str, Any] = {name: {} for name in re.findall(r'"#/definitions/([^"]+)"', json.dumps(known))}
    strict = {name: {**item, "additionalProperties": False} for name, item in known.items()}
    judge = jsonschema.Draft7Validator(
        {"$ref": f"#/definitions/{kind}", "definitions": {**foreign, **strict}}
    )
    return [error.message for error in judge.iter_errors(value)]


def _search() -> Any:
    assert FRAUD.search is not None
    return FRAUD.search


def _image() -> TrainingImage:
    return TrainingImage(image=f"example/train@{ZERO}")


def test_database_pods_and_webhooks_are_reached_and_nothing_else() -> None:
    """B9."""
    fences = wiring.fences()
    assert {item["podSelector"]["matchLabels"][COMPONENT] for item in fences.values()} == {
        "controller",
        "db-manager",
    }
    (into,) = fences["katib-db-manager"]["ingress"]
    assert into["from"] == [{"podSelector": {}}]


def test_trials_wait_for_the_database_and_webhooks_for_the_controller() -> None:
    """B3: on a first `up` everything that is asked is there."""
    found = {item.name: item for item in made("dev").resources if item.name.startswith("katib")}
    controller = found["katib-deployment-katib-controller"]
    (hooks,) = [item for name, item in found.items() if name.startswith("katib-mutatingwebhook")]
    manager = found["katib-deployment-katib-db-manager"]
    assert controller.urn in hooks.depends_on
    assert found["katib-serviceaccount-katib-controller"].urn in controller.depends_on
    assert found["katib-database-job"].urn in manager.depends_on
