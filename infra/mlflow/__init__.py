"""MLflow (B1): experiments, runs and the registry of models, on Postgres and S3."""

from infra.mlflow.component import Mlflow, MlflowArgs

__all__ = ["Mlflow", "MlflowArgs"]
