"""What MLflow needs from the other settings when it is on."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.rule import needs, wrong

MLFLOW_REPOSITORY = "mlflow"
"""Name of the repository that holds MLflow's image."""

_ON = "experiment_tracking"


@needs("rollout", "capabilities", "services")
def mlflow_is_described(settings: Settings) -> Iterator[Mistake]:
    """Which image runs is a decision of its own."""
    if _ON in settings.enabled and settings.services.mlflow is None:
        yield wrong(
            ("services", "mlflow"),
            f"is missing, and {_ON} is on: nobody said which image of MLflow is to run",
            f"mlflow: {{digest: 'sha256:{'0' * 64}'}} (docs/operate/mlflow.md says where it comes from)",
        )


@needs("rollout", "capabilities", "registry")
def mlflow_has_a_repository(settings: Settings) -> Iterator[Mistake]:
    """Its image is the project's own, so it stands in the environment's own registry."""
    if _ON in settings.enabled and MLFLOW_REPOSITORY not in settings.registry.repositories:
        yield wrong(
            ("registry", "repositories"),
            f"has no {MLFLOW_REPOSITORY}, and {_ON} is on: its image would have no place",
            f"repositories: [{', '.join([*settings.registry.repositories, MLFLOW_REPOSITORY])}]",
        )


@needs("rollout", "capabilities")
def mlflow_asks_who_you_are(settings: Settings) -> Iterator[Mistake]:
    """Everybody in the cluster could change every model otherwise; MLflow has no such form here."""
    if _ON in settings.enabled and "authentication" not in settings.enabled:
        yield wrong(
            ("capabilities", "authentication"),
            f"is off while {_ON} is on: MLflow always asks for a user and a password",
            "authentication: true",
        )


RULES = (mlflow_is_described, mlflow_has_a_repository, mlflow_asks_who_you_are)
