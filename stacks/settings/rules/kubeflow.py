"""What Kubeflow's services stand on, and that their database keeps what it has (B2, B3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.keeping import BACKUP_DAYS, STORAGE_GROWTH
from stacks.settings.rules.rule import needs, wrong

OWN_REPOSITORY = "ferry"
"""Repository of the project's own image, which makes MySQL's user."""

_SECRETS = "their database user arrives as a Secret, and webhooks have a certificate"
_IMAGE = "MLflow's image brings the authorities of RDS's certificates"
STANDS_ON: Mapping[str, Mapping[str, str]] = {
    "pipelines": {"cluster_services": _SECRETS, "experiment_tracking": _IMAGE},
    "hyperparameter_search": {"cluster_services": _SECRETS, "experiment_tracking": _IMAGE},
    "scheduled_runs": {"pipelines": "it is pipelines that run by the clock"},
    "automated_retraining": {"scheduled_runs": "retraining is a pipeline that runs by the clock"},
}
"""Capability to those without which it cannot be, and why."""


@needs("rollout", "capabilities")
def kubeflow_has_what_it_stands_on(settings: Settings) -> Iterator[Mistake]:
    """A capability is not on without those that it needs."""
    for capability, others in STANDS_ON.items():
        for other, why in others.items():
            if capability in settings.enabled and other not in settings.enabled:
                fact = f'is off while "{capability}" is on: {why}'
                yield wrong(("capabilities", other), fact, f"{other}: true")


@needs("rollout", "capabilities", "services", "registry")
def pipelines_have_the_projects_image(settings: Settings) -> Iterator[Mistake]:
    """It makes the user of their database, and stands in the environment's own registry."""
    if "pipelines" not in settings.enabled:
        return
    if settings.services.crossing is None:
        fact = "is missing, and pipelines are on: the project's own image makes the user of their database"
        yield wrong(("services", "crossing"), fact, "crossing: {…} (Pulumi.dev.yaml has an example)")
    if OWN_REPOSITORY not in settings.registry.repositories:
        names = ", ".join([*settings.registry.repositories, OWN_REPOSITORY])
        fact = f"has no {OWN_REPOSITORY}, and pipelines are on: the image that makes their user has no place"
        yield wrong(("registry", "repositories"), fact, f"repositories: [{names}]")


@needs("environment", "rollout", "capabilities", "services")
def mysql_keeps_what_it_has(settings: Settings) -> Iterator[Mistake]:
    """Two zones, backups, and a lock on deletion, like Postgres (requirement B2)."""
    spec, where = settings.services.pipelines, settings.environment
    if spec is None or "pipelines" not in settings.enabled or not where.keeps_data:
        return
    path, database = ("services", "pipelines", "database"), spec.database
    if not database.multi_az:
        fact = f"is false, so {where} would lose every pipeline's history with one zone"
        yield wrong((*path, "multi_az"), fact, "multi_az: true")
    if not database.deletion_protection:
        fact = f"is false, so {where}'s database of pipelines could be deleted by mistake"
        yield wrong((*path, "deletion_protection"), fact, "deletion_protection: true")
    if database.backup_retention_days < BACKUP_DAYS:
        fact = f"is {database.backup_retention_days}; {where} keeps backups for at least {BACKUP_DAYS} days"
        yield wrong((*path, "backup_retention_days"), fact, f"backup_retention_days: {BACKUP_DAYS}")


@needs("services")
def mysql_can_grow(settings: Settings) -> Iterator[Mistake]:
    """The ceiling of the storage is above the storage, by as much as RDS wants."""
    spec = settings.services.pipelines
    if spec and spec.database.max_storage_gib < spec.database.storage_gib * STORAGE_GROWTH:
        yield wrong(
            ("services", "pipelines", "database", "max_storage_gib"),
            f"is {spec.database.max_storage_gib}, less than a tenth above storage_gib "
            f"{spec.database.storage_gib}; RDS refuses it",
            f"max_storage_gib: {spec.database.storage_gib * 2}",
        )


RULES = (
    kubeflow_has_what_it_stands_on,
    pipelines_have_the_projects_image,
    mysql_keeps_what_it_has,
    mysql_can_grow,
)
