"""Ways to the pages of Grafana, Argo CD and MLflow, as data (B10, B6). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.charts.values import argo_cd, prometheus_stack
from infra.gateway.manifests import NAMESPACE as GATEWAY
from infra.mlflow import pods as mlflow
from infra.single_sign_on.told import (
    ARGO_CD_PATH,
    GRAFANA_KEY,
    GRAFANA_PATH,
    KEY,
    MLFLOW_PATH,
    SCOPES,
    secret,
)
from infra.specs.single_sign_on import SingleSignOnSpec

NAMESPACE = "pages"
"""Of the routes, and of what guards them."""
API = {
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "ReferenceGrant": "gateway.networking.k8s.io/v1beta1",
    "SecurityPolicy": "gateway.envoyproxy.io/v1alpha1",
    "ExternalSecret": "external-secrets.io/v1",
}
"""Kind to the version of its API."""
_NAME = "app.kubernetes.io/name"


@dataclass(frozen=True)
class Page:
    """One service for people.

    Attributes:
        name: of its client and its Secret.
        capability: that brings it.
        namespace: where its pods are.
        secret_in: where the secret of its client is wanted.
        path: below the host name.
        service: name and port.
        pods: labels and port, for the fence; None where its chart lets the gateway in.
        stripped: the gateway takes the path away.
        as_host: name under which the service wants to be called; None leaves the caller's.
    """

    name: str
    capability: str
    namespace: str
    secret_in: str
    path: str
    service: tuple[str, int]
    pods: tuple[Mapping[str, str], int] | None
    stripped: bool = True
    as_host: str | None = None


PAGES = (
    Page(
        "grafana",
        "basic_metrics",
        prometheus_stack.NAMESPACE,
        prometheus_stack.NAMESPACE,
        GRAFANA_PATH,
        (f"{prometheus_stack.NAME}-grafana", 80),
        ({_NAME: "grafana"}, 3000),
    ),
    Page(
        "argo-cd",
        "deployment_sync",
        argo_cd.NAMESPACE,
        argo_cd.NAMESPACE,
        ARGO_CD_PATH,
        ("argo-cd-argocd-server", 80),
        None,
        stripped=False,
    ),
    Page(
        "mlflow",
        "experiment_tracking",
        mlflow.NAMESPACE,
        NAMESPACE,  # the gateway logs people in
        MLFLOW_PATH,
        (mlflow.NAME, mlflow.SERVICE_PORT),
        (mlflow.labels("server"), mlflow.PORT),
        as_host=f"{mlflow.NAME}.{mlflow.NAMESPACE}.svc",
    ),
)


def there(spec: SingleSignOnSpec, capabilities: frozenset[str]) -> list[Page]:
    """Those that are on and have a client at the issuer."""
    clients = {
        "grafana": spec.clients.grafana,
        "argo-cd": spec.clients.argo_cd,
        "mlflow": spec.clients.mlflow,
    }
    return [page for page in PAGES if page.capability in capabilities and clients[page.name]]


def route(page: Page, host: str, parent: Mapping[str, str]) -> dict[str, Any]:
    """Spec of its HTTPRoute: the path, with and without what comes below it."""
    name, port = page.service
    rewrite: dict[str, Any] = {"hostname": page.as_host} if page.as_host else {}
    if page.stripped:
        rewrite["path"] = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": page.path}}],
        "backendRefs": [{"name": name, "namespace": page.namespace, "port": port}],
    }
    filters = {"filters": [{"type": "URLRewrite", "urlRewrite": rewrite}]} if rewrite else {}
    return {"parentRefs": [dict(parent)], "hostnames": [host], "rules": [{**rule, **filters}]}


def grant(page: Page) -> dict[str, Any]:
    """Spec of the ReferenceGrant: routes of the pages' namespace may lead to this one Service."""
    return {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": NAMESPACE}],
        "to": [{"group": "", "kind": "Service", "name": page.service[0]}],
    }


def fence(page: Page) -> dict[str, Any] | None:
    """Spec of the network policy that lets the gateway's proxies in; None where nobody keeps them out."""
    if page.pods is None:
        return None
    labels, port = page.pods
    gateway = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": GATEWAY}}}
    return {
        "podSelector": {"matchLabels": dict(labels)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [gateway], "ports": [{"protocol": "TCP", "port": port}]}],
    }


def log_in(spec: SingleSignOnSpec, page: Page, host: str) -> dict[str, Any]:
    """Spec of the SecurityPolicy by which the gateway itself logs people in before it lets them to a page."""
    return {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": page.name}],
        "oidc": {
            # With both addresses the gateway need not ask the issuer for them whenever a route changes.
            "provider": {
                "issuer": spec.issuer,
                "authorizationEndpoint": spec.authorize_url,
                "tokenEndpoint": spec.token_url,
            },
            "clientID": spec.clients.mlflow,
            "clientSecret": {"name": secret(page.name)},
            "redirectURL": f"https://{host}{page.path}/oauth2/callback",
            "logoutPath": f"{page.path}/logout",
            "scopes": [*SCOPES, spec.groups_claim],
        },
    }


def key(page: Page) -> str:
    """Key of the client's secret in its Secret."""
    return GRAFANA_KEY if page.name == "grafana" else KEY
