"""MLflow as the program registers it for the committed environments (B1, A7): order, names, what is kept."""

from __future__ import annotations

import functools

from stacks.settings import Settings
from tests.infra.engine import Made, Registered
from tests.infra.environments import build, settings

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
JOB = "kubernetes:batch/v1:Job"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type's token


def switched(environment: str, *, tracking: bool = True, available: bool = True) -> Settings:
    """The committed settings, with MLflow on or off."""
    old = settings(environment)
    capabilities = {"experiment_tracking": tracking, "authentication": True, "high_availability": available}
    return old.model_copy(update={"capabilities": {**old.capabilities, **capabilities}})


@functools.cache
def made(environment: str, *, tracking: bool = True, available: bool = True) -> Made:
    return build(switched(environment, tracking=tracking, available=available), environment)


def of(found: Made, type_: str, name: str) -> Registered:
    return found.one(type_, f"mlflow-{name}")


def test_servers_wait_for_the_migration_and_it_for_the_database() -> None:
    """B1."""
    found = made("dev")
    migrate = of(found, JOB, "migrate")
    assert migrate.urn in of(found, DEPLOYMENT, "server").depends_on
    assert of(found, JOB, "database").urn in migrate.depends_on


def test_another_image_migrates_anew() -> None:
    """B1: a Job's name has the image's digest, and a Job that is complete never runs again."""
    old, wanted = switched("dev"), "sha256:" + "b" * 64
    assert old.services.mlflow is not None
    mlflow = old.services.mlflow.model_copy(update={"digest": wanted})
    services = old.services.model_copy(update={"mlflow": mlflow})
    new = build(old.model_copy(update={"services": services}))
    names = [of(found, JOB, "migrate").inputs["metadata"]["name"] for found in (made("dev"), new)]
    assert names[0] != names[1]
    assert names[1] == "mlflow-migrate-bbbbbbbbbbbb"


def test_production_has_two_servers_and_a_foundation_one() -> None:
    """B1, E5."""
    assert of(made("prod"), DEPLOYMENT, "server").inputs["spec"]["replicas"] == 2
    assert of(made("dev", available=False), DEPLOYMENT, "server").inputs["spec"]["replicas"] == 1


def test_mlflow_switched_off_leaves_nothing_behind() -> None:
    """E5."""
    left = [item.name for item in made("dev", tracking=False).resources if item.name.startswith("mlflow")]
    assert left == []


def test_secrets_come_without_a_value_so_that_no_state_has_a_password() -> None:
    """A7."""
    found = made("prod")
    for what in ("database", "server"):
        secret = of(found, SECRET, f"{what}-secret")
        assert secret.protect
        assert secret.inputs["kmsKeyId"]
    versions = [item.name for item in found.of("aws:secretsmanager/secretVersion:SecretVersion")]
    assert not [name for name in versions if name.startswith("mlflow")]


def test_image_comes_from_the_environments_own_registry_by_digest() -> None:
    """A8, B1."""
    (container,) = of(made("prod"), DEPLOYMENT, "server").inputs["spec"]["template"]["spec"]["containers"]
    found = settings("prod").services.mlflow
    assert found is not None
    assert container["image"].endswith(f"/ferry-prod/mlflow@{found.digest}")


def test_namespace_enforces_the_restricted_standard() -> None:
    """B9."""
    labels = of(made("dev"), "kubernetes:core/v1:Namespace", "namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
