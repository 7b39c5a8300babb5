"""One log-in (B10): what each service is told about the issuer, and who may reach which page.

Proves the objects and the settings. That an issuer lets somebody in, only an issuer can show.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema
import pytest
import yaml

from infra.single_sign_on import manifests, told
from infra.specs.single_sign_on import Clients, SingleSignOnSpec
from sandbox.toolchain import Tool, Toolchain
from sandbox.toolchain.table import GATEWAY_CRDS
from tests.infra.engine import Made, Registered
from tests.infra.environments import build, made, settings
from tests.infra.test_definitions_fit import unknown
from tests.manifests.rendered import whole

HOST = "ml-dev.example.com"
SPEC = SingleSignOnSpec(
    issuer="https://login.example.com/realms/ml",
    authorize_url="https://login.example.com/realms/ml/auth",
    token_url="https://login.example.com/realms/ml/token",  # noqa: S106 - an address
    userinfo_url="https://login.example.com/realms/ml/userinfo",
    administrators="ml-admins",
    engineers="ml-engineers",
    clients=Clients(grafana="g", argo_cd="a", mlflow="m"),
)
RELEASE = "kubernetes:helm.sh/v3:Release"


def own() -> list[Registered]:
    return [item for item in made("dev").resources if item.name.startswith("single-sign-on")]


def kind(name: str) -> dict[str, Registered]:
    return {item.inputs["metadata"]["name"]: item for item in own() if item.type.endswith(f":{name}")}


def values(name: str) -> dict[str, Any]:
    (found,) = [item for item in made("dev").of(RELEASE) if item.inputs["name"] == name]
    told_: dict[str, Any] = whole(found.inputs["values"])
    return told_


@functools.cache
def without() -> Made:
    wanted = settings("dev")
    return build(wanted.model_copy(update={"capabilities": {**wanted.capabilities, "single_sign_on": False}}))


def test_no_client_secret_is_in_a_value_or_in_the_state() -> None:
    """B10: a person puts it into Secrets Manager, and external-secrets copies it to where it is read."""
    secrets = {item.inputs["name"] for item in own() if item.type == "aws:secretsmanager/secret:Secret"}
    assert secrets == {f"ferry-dev/cluster/sso-{name}" for name in ("grafana", "argo-cd", "mlflow")}
    assert not [item for item in own() if "SecretVersion" in item.type]
    copies = kind("ExternalSecret")
    assert {name: item.inputs["metadata"]["namespace"] for name, item in copies.items()} == {
        "sso-grafana": "monitoring",
        "sso-argo-cd": "argocd",
        "sso-mlflow": "pages",
    }
    spaces = {
        item.inputs["metadata"]["name"]: item for item in made("dev").of("kubernetes:core/v1:Namespace")
    }
    for item in copies.values():
        labels = spaces[item.inputs["metadata"]["namespace"]].inputs["metadata"]["labels"]
        assert labels["ferry.dev/external-secrets"] == "true"


def test_grafana_lets_in_two_groups_and_nobody_else() -> None:
    """Without ``strict`` everybody of the company would be a viewer."""
    ini = values("kube-prometheus-stack")["grafana"]["grafana.ini"]
    oauth = ini["auth.generic_oauth"]
    assert oauth["role_attribute_strict"] is True
    assert oauth["allow_assign_grafana_admin"] is False
    assert oauth["use_pkce"] is True
    roles = told.grafana(SPEC, HOST)["auth.generic_oauth"]["role_attribute_path"]
    assert roles.split(" || ") == [
        "contains(groups[*], 'ml-admins') && 'Admin'",
        "contains(groups[*], 'ml-engineers') && 'Viewer'",
    ]
    assert "client_secret" not in oauth


def test_grafana_starts_before_anybody_has_put_its_secret() -> None:
    (secret,) = values("kube-prometheus-stack")["grafana"]["envFromSecrets"]
    assert secret == {"name": "sso-grafana", "optional": True}
    spec = kind("ExternalSecret")["sso-grafana"].inputs["spec"]
    assert [item["secretKey"] for item in spec["data"]] == ["GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"]


def test_argo_cd_names_its_secret_and_gives_rights_to_two_groups() -> None:
    configs = values("argo-cd")["configs"]
    oidc = yaml.safe_load(configs["cm"]["oidc.config"])
    assert oidc["clientSecret"] == "$sso-argo-cd:client-secret"
    spec = kind("ExternalSecret")["sso-argo-cd"].inputs["spec"]
    assert [item["secretKey"] for item in spec["data"]] == ["client-secret"]
    labels = spec["target"]["template"]["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/part-of": "argocd"}, "it reads no other Secret"
    rights = told.argo_cd(SPEC, HOST)["rbac"]["policy.csv"].splitlines()
    assert [line for line in rights if line.startswith("g,")] == [
        "g, ml-admins, role:admin",
        "g, ml-engineers, role:models",
    ]
    assert configs["rbac"]["policy.default"] == ""


def test_gateway_logs_people_in_before_mlflow_sees_them() -> None:
    policy = kind("SecurityPolicy")["mlflow"].inputs["spec"]
    route = kind("HTTPRoute")["mlflow"]
    (target,) = policy["targetRefs"]
    assert (target["kind"], target["name"]) == ("HTTPRoute", route.inputs["metadata"]["name"])
    assert policy["oidc"]["clientSecret"] == {"name": "sso-mlflow"}
    assert {"authorizationEndpoint", "tokenEndpoint"} <= set(policy["oidc"]["provider"]), (
        "or every change of any route would wait for the issuer"
    )
    path = route.inputs["spec"]["rules"][0]["matches"][0]["path"]["value"]
    assert policy["oidc"]["redirectURL"].startswith(f"https://{HOST}{path}/"), "or it would never come back"


def test_gateway_knows_who_is_in_before_the_way_is_open() -> None:
    """A route without its policy would let everybody through."""
    guard, route = kind("SecurityPolicy")["mlflow"], kind("HTTPRoute")["mlflow"]
    assert guard.urn in route.depends_on


@pytest.mark.parametrize("page", manifests.PAGES, ids=lambda page: page.name)
def test_page_is_reached_at_one_path_of_the_gateways_name(page: manifests.Page) -> None:
    spec = kind("HTTPRoute")[page.name].inputs["spec"]
    assert spec["hostnames"] == [HOST]
    (rule,) = spec["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": page.path}}]
    grants = [item for item in own() if item.type.endswith(":ReferenceGrant")]
    (grant,) = [item for item in grants if item.inputs["metadata"]["namespace"] == page.namespace]
    assert grant.inputs["spec"]["to"] == [{"group": "", "kind": "Service", "name": page.service[0]}]


@functools.cache
def definitions() -> dict[str, dict[str, Any]]:
    """Of Gateway API and Envoy Gateway, as the rehearsal applies them."""
    folder = Toolchain.locate().path(Tool.ENVOY_GATEWAY).parent / GATEWAY_CRDS
    files = [folder / "gatewayapi-crds.yaml", folder / "gateway.envoyproxy.io_securitypolicies.yaml"]
    found = [item for path in files for item in yaml.load_all(path.read_text(), yaml.CSafeLoader) if item]
    return {item["spec"]["names"]["kind"]: item for item in found if "names" in item["spec"]}


@pytest.mark.parametrize("name", ["HTTPRoute", "ReferenceGrant", "SecurityPolicy"])
def test_objects_fit_the_gateways_own_definitions(name: str) -> None:
    for item in [found for found in own() if found.type.endswith(f":{name}")]:
        version = item.inputs["apiVersion"].rpartition("/")[2]
        (known,) = [v for v in definitions()[name]["spec"]["versions"] if v["name"] == version]
        schema = known["schema"]["openAPIV3Schema"]["properties"]["spec"]
        spec = whole(item.inputs["spec"])
        jsonschema.Draft4Validator(schema).validate(spec)
        assert list(unknown(spec, schema)) == []


def test_service_without_a_client_keeps_its_own_log_in() -> None:
    alone = SPEC.model_copy(update={"clients": Clients(grafana="g")})
    everything = frozenset({"basic_metrics", "deployment_sync", "experiment_tracking"})
    assert [page.name for page in manifests.there(alone, everything)] == ["grafana"]
    assert [page.name for page in manifests.there(SPEC, frozenset({"deployment_sync"}))] == ["argo-cd"]


def test_switched_off_no_page_and_no_issuer_is_left() -> None:
    text = json.dumps([item.inputs for item in without().resources], default=str)
    assert "login.example.com" not in text
    assert not [item for item in without().resources if item.name.startswith("single-sign-on")]
