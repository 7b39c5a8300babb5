"""One log-in for people: the company's own issuer (OIDC)."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import HttpsUrl


class Clients(Spec):
    """Ids under which the issuer knows each service; no secrets. A service without one keeps its own log-in.

    Attributes:
        grafana: of Grafana.
        argo_cd: of Argo CD.
        mlflow: of the gateway before MLflow's pages.
    """

    grafana: str | None = Field(default=None, min_length=1)
    argo_cd: str | None = Field(default=None, min_length=1)
    mlflow: str | None = Field(default=None, min_length=1)


class SingleSignOnSpec(Spec):
    """Who lets people in, and what a group of theirs may do.

    Attributes:
        issuer: as in its tokens, ``https://login.example.com/realms/ml``; services find the rest there.
        authorize_url: where Grafana and the gateway send people.
        token_url: where they trade the code that people bring back.
        userinfo_url: where Grafana asks who they are.
        groups_claim: of a token. Default ``groups``.
        administrators: group that may change everything in Grafana and Argo CD.
        engineers: group that may look at everything there, and sync models.
        clients: ids at the issuer.
    """

    issuer: HttpsUrl
    authorize_url: HttpsUrl
    token_url: HttpsUrl
    userinfo_url: HttpsUrl
    groups_claim: str = Field(default="groups", pattern=r"^[A-Za-z0-9_.:/-]+$")
    administrators: str = Field(pattern=r"^[A-Za-z0-9_.:/@ -]+$")
    engineers: str = Field(pattern=r"^[A-Za-z0-9_.:/@ -]+$")
    clients: Clients
