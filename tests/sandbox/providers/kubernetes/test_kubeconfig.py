"""Which cluster a kubeconfig means. Proves that address and credentials are translated, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.providers.base import ProviderError
from sandbox.providers.codec import UNKNOWN
from sandbox.providers.kubernetes.connection import Pace
from sandbox.providers.kubernetes.kubeconfig import Cluster, UnreachableError, choose
from sandbox.providers.kubernetes.session import KubernetesSession
from tests.sandbox.providers.kubernetes.conftest import make_kubeconfig

CLUSTER = Cluster("https://127.0.0.1:1", "admin-token", Path("/nonexistent"))
CA = "Y2EgZmlsZQ=="


def test_get_token_becomes_the_administrators_token_and_the_rest_stays() -> None:
    chosen = choose({"kubeconfig": make_kubeconfig(CLUSTER.apiserver, CA)}, CLUSTER)
    assert chosen.access.token == "admin-token"
    assert chosen.access.ca == "ca file"
    assert chosen.access.verify
    assert chosen.namespace == "default"


def test_another_server_is_refused_by_name() -> None:
    with pytest.raises(ProviderError, match=r"server is https://elsewhere\.test.*cluster is https://127"):
        choose({"kubeconfig": make_kubeconfig("https://elsewhere.test", CA)}, CLUSTER)


def test_no_kubeconfig_is_no_cluster_and_never_this_machines() -> None:
    with pytest.raises(UnreachableError, match="never looks for one on this machine"):
        choose({}, CLUSTER)


@pytest.mark.parametrize("text", ["{", "[]", '{"current-context": "x"}'])
def test_a_broken_kubeconfig_makes_the_cluster_unreachable_as_on_aws(text: str) -> None:
    with pytest.raises(UnreachableError):
        choose({"kubeconfig": text}, CLUSTER)


def test_another_command_than_get_token_is_not_run() -> None:
    with pytest.raises(UnreachableError, match="Use `aws eks get-token`"):
        choose({"kubeconfig": make_kubeconfig(CLUSTER.apiserver, CA, command="sh")}, CLUSTER)


def test_an_operation_without_a_cluster_says_why(tmp_path: Path) -> None:
    session = KubernetesSession(Cluster("https://127.0.0.1:1", "t", tmp_path), Pace())
    session.configure({"kubeconfig": "{"})
    inputs = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    urn = "urn:pulumi:dev::ferry::kubernetes:core/v1:Namespace::n"
    assert session.create(urn, "kubernetes:core/v1:Namespace", inputs, True, 0).outputs == inputs
    with pytest.raises(ProviderError, match="cluster is unreachable: failed to parse kubeconfig"):
        session.create(urn, "kubernetes:core/v1:Namespace", inputs, False, 0)


def test_another_cluster_replaces_the_provider_and_a_new_user_does_not(tmp_path: Path) -> None:
    session = KubernetesSession(Cluster("https://127.0.0.1:1", "t", tmp_path), Pace())
    old = {"kubeconfig": make_kubeconfig("https://127.0.0.1:1", CA)}
    moved = {"kubeconfig": make_kubeconfig("https://127.0.0.1:2", CA)}
    assert session.diff_config(old, moved).replaces == ["kubeconfig"]
    document = json.loads(old["kubeconfig"])
    document["users"][0]["user"]["exec"]["args"].append("--role")
    same = session.diff_config(old, {"kubeconfig": json.dumps(document)})
    assert (same.changes, same.replaces) == (["kubeconfig"], [])
    assert session.diff_config(old, {"kubeconfig": UNKNOWN}).replaces == ["kubeconfig"]
