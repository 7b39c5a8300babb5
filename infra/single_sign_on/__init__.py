"""One log-in for people (B10): the company's issuer, for Grafana, Argo CD and MLflow's pages."""

from infra.single_sign_on.component import SingleSignOn, SingleSignOnArgs

__all__ = ["SingleSignOn", "SingleSignOnArgs"]
