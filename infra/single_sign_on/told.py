"""What each service is told about the company's issuer (B10). Pure; no secret passes through here.

All of them answer under paths of the gateway's one host name, so that one certificate and one record of DNS
are enough: ``https://ml.example.com/grafana/``.
"""

from __future__ import annotations

from typing import Any

import yaml

from infra.specs.single_sign_on import SingleSignOnSpec

GRAFANA_PATH, ARGO_CD_PATH, MLFLOW_PATH = "/grafana", "/argocd", "/mlflow"
KEY = "client-secret"
"""Key in each Secret; Envoy Gateway knows no other."""
GRAFANA_KEY = "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"
"""The same for Grafana, which takes it from its environment."""
SCOPES = ("openid", "profile", "email")


def secret(service: str) -> str:
    """Name of a service's Secret, and last part of its name in Secrets Manager."""
    return f"sso-{service}"


def grafana(spec: SingleSignOnSpec, host: str) -> dict[str, Any]:
    """Sections of ``grafana.ini``. Whoever is in neither group is not let in.

    Its own log-in form stays, for the day on which the issuer does not answer: its one user's password is
    known to nobody who may not read the namespace's Secrets.
    """
    groups = spec.groups_claim
    roles = (
        f"contains({groups}[*], '{spec.administrators}') && 'Admin' || "
        f"contains({groups}[*], '{spec.engineers}') && 'Viewer'"
    )
    return {
        # The gateway takes the path away before Grafana sees it.
        "server": {"domain": host, "root_url": f"https://{host}{GRAFANA_PATH}/"},
        "auth.generic_oauth": {
            "enabled": True,
            "name": "single sign-on",
            "client_id": spec.clients.grafana,
            "scopes": " ".join((*SCOPES, spec.groups_claim)),
            "auth_url": spec.authorize_url,
            "token_url": spec.token_url,
            "api_url": spec.userinfo_url,
            "use_pkce": True,
            "allow_sign_up": True,
            "role_attribute_path": roles,
            "role_attribute_strict": True,
            "allow_assign_grafana_admin": False,
        },
    }


def argo_cd(spec: SingleSignOnSpec, host: str) -> dict[str, Any]:
    """Part of its chart's ``configs``. Whoever is in neither group sees nothing: the default role is none."""
    oidc = {
        "name": "single sign-on",
        "issuer": spec.issuer,
        "clientID": spec.clients.argo_cd,
        "clientSecret": f"${secret('argo-cd')}:{KEY}",
        "requestedScopes": [*SCOPES, spec.groups_claim],
        "enablePKCEAuthentication": True,
    }
    look = "p, role:models, applications, get, */*, allow"
    sync = "p, role:models, applications, sync, models/*, allow"
    groups = [f"g, {spec.administrators}, role:admin", f"g, {spec.engineers}, role:models"]
    return {
        "cm": {"url": f"https://{host}{ARGO_CD_PATH}", "oidc.config": yaml.safe_dump(oidc, sort_keys=False)},
        "params": {"server.rootpath": ARGO_CD_PATH},
        "rbac": {"policy.csv": "\n".join([look, sync, *groups]), "scopes": f"[{spec.groups_claim}]"},
    }
