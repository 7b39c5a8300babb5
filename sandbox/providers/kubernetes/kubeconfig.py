"""From the provider's configuration to an API server: which cluster a kubeconfig means, and as whom.

In the rehearsal one address is translated: a kubeconfig for the world's cluster that would run
``aws eks get-token`` gets the world's administrator token instead. Nothing else of it changes; its own
certificate authority is used, and a kubeconfig for any other server is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.providers.base import ProviderError
from sandbox.providers.kubernetes.api import Access
from sandbox.providers.kubernetes.entrance import refusal
from sandbox.worldspec import WorldSpec


@dataclass(frozen=True)
class Cluster:
    """The rehearsal's own cluster: its address, the state directory, and the administrator's token.

    ``aws_endpoint``, ``region``: where EKS is asked who may enter; without, nobody is asked.
    """

    apiserver: str
    admin_token: str
    state: Path
    aws_endpoint: str | None = None
    region: str = ""

    @classmethod
    def from_environment(cls) -> Cluster:
        """From the file that ``FERRY_WORLD`` names."""
        world = WorldSpec.from_environment()
        return cls(world.apiserver, world.admin_token, world.state, world.aws_endpoint, world.region)


class UnreachableError(Exception):
    """No API server can be made out; the message is the reason, in the official provider's words."""


@dataclass(frozen=True)
class Chosen:
    """The API server and identity of one provider instance, and the namespace of what names none."""

    access: Access
    namespace: str


def choose(config: Mapping[str, Any], cluster: Cluster) -> Chosen:
    """What ``config`` means. Raises UnreachableError as the official provider would find the cluster
    unreachable, and ProviderError for a server that is not the rehearsal's."""
    parsed = _parse(config.get("kubeconfig"))
    context_name = config.get("context") or parsed.get("current-context") or ""
    context = _named(parsed, "contexts", "context", context_name)
    if context is None:
        raise UnreachableError(
            f'unable to load Kubernetes client configuration: context "{context_name}" does not exist'
        )
    server = _named(parsed, "clusters", "cluster", config.get("cluster") or context.get("cluster", ""))
    if server is None or not server.get("server"):
        raise UnreachableError(
            f'unable to load Kubernetes client configuration: context "{context_name}" names no cluster'
        )
    user = _named(parsed, "users", "user", context.get("user", "")) or {}
    _must_be(cluster, server["server"])
    return Chosen(
        access=Access(
            server=server["server"],
            ca=_authority(server),
            token=_token(user, cluster),
            verify=not server.get("insecure-skip-tls-verify", False),
        ),
        namespace=config.get("namespace") or context.get("namespace") or "default",
    )


def active_cluster(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The cluster entry in force, by which the official provider tells whether the cluster changed."""
    try:
        parsed = _parse(config.get("kubeconfig"))
    except UnreachableError:
        return None
    context = _named(
        parsed, "contexts", "context", config.get("context") or parsed.get("current-context") or ""
    )
    if context is None:
        return None
    return _named(parsed, "clusters", "cluster", config.get("cluster") or context.get("cluster", ""))


def _parse(kubeconfig: Any) -> Mapping[str, Any]:
    if not kubeconfig:
        raise UnreachableError(
            "no kubeconfig was given, and the rehearsal never looks for one on this machine. "
            "Give the resource a kubernetes.Provider made from the cluster's kubeconfig"
        )
    text = kubeconfig if isinstance(kubeconfig, str) else json.dumps(kubeconfig)
    try:
        parsed = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise UnreachableError(
            f"failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- {error}"
        ) from error
    if not isinstance(parsed, dict):
        raise UnreachableError(
            "failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- not a mapping"
        )
    return parsed


def _named(parsed: Mapping[str, Any], plural: str, singular: str, name: str) -> dict[str, Any] | None:
    for item in parsed.get(plural) or []:
        if item.get("name") == name:
            return item.get(singular) or {}
    return None


def _must_be(cluster: Cluster, server: str) -> None:
    if server.rstrip("/") != cluster.apiserver.rstrip("/"):
        raise ProviderError(
            f"the kubeconfig's server is {server}, but this rehearsal's cluster is {cluster.apiserver}: "
            "nothing outside the rehearsal is ever contacted. Build the kubeconfig from the endpoint of the "
            "stack's own EKS cluster"
        )


def _authority(server: Mapping[str, Any]) -> str | None:
    if path := server.get("certificate-authority"):
        return Path(path).read_text()
    if data := server.get("certificate-authority-data"):
        try:
            return base64.b64decode(data).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise UnreachableError(
                f"certificate-authority-data of the kubeconfig is not base64: {error}"
            ) from error
    return None


def _token(user: Mapping[str, Any], cluster: Cluster) -> str | None:
    if token := user.get("token"):
        return str(token)
    plugin = user.get("exec") or {}
    args = [str(arg) for arg in plugin.get("args") or []]
    if Path(str(plugin.get("command", ""))).name == "aws" and "get-token" in args:
        return _exchanged(args, cluster)
    if plugin:
        raise UnreachableError(
            f"the kubeconfig's user runs {plugin.get('command')!r}, which the rehearsal does not. "
            "Use `aws eks get-token`"
        )
    return None


def _exchanged(args: list[str], cluster: Cluster) -> str:
    """The administrator's token for one of ``aws eks get-token``, if EKS would take that."""
    named = args[args.index("--cluster-name") + 1] if "--cluster-name" in args[:-1] else ""
    if cluster.aws_endpoint and (reason := refusal(cluster.aws_endpoint, cluster.region, named)):
        raise UnreachableError(reason)
    return cluster.admin_token
