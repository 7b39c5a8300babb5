"""EKS add-ons, and the tags of everything in a cluster. moto has no add-ons and tags clusters only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from moto.eks.models import eks_backends

from sandbox.aws.gaps.asking import Ask, Gap
from sandbox.aws.gaps.eks import check_trusted, cluster_of, invalid, not_found, update_record
from sandbox.aws.wire import RefusedError

VERSIONS = {
    "vpc-cni": ["v1.22.4-eksbuild.3", "v1.21.1-eksbuild.1"],
    "coredns": ["v1.13.2-eksbuild.21", "v1.12.4-eksbuild.1"],
    "kube-proxy": ["v1.35.3-eksbuild.21", "v1.34.1-eksbuild.2"],
    "aws-ebs-csi-driver": ["v1.63.1-eksbuild.1", "v1.54.0-eksbuild.1"],
    "eks-pod-identity-agent": ["v1.3.10-eksbuild.1"],
    "metrics-server": ["v0.8.0-eksbuild.5"],
    "amazon-cloudwatch-observability": ["v4.6.0-eksbuild.1"],
}
"""Offered when no version is asked for, newest first; any pinned version of these is taken as it is."""
_FIELDS = ("addonVersion", "serviceAccountRoleArn", "configurationValues")


def create(ask: Ask) -> object:
    """CreateAddon: active at once."""
    cluster, params, name = cluster_of(ask), ask.params, str(ask.params["addonName"])
    if name not in VERSIONS:
        raise invalid(f"Addon {name} specified is not supported")
    if name in cluster.addons:
        raise RefusedError("ResourceInUseException", "Addon already exists.", HTTPStatus.CONFLICT)
    _check_role(ask)
    now = datetime.now(UTC)
    cluster.addons[name] = addon = {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": VERSIONS[name][0],
        "health": {"issues": []},
        "addonArn": f"arn:aws:eks:{ask.region}:{ask.account}:addon/{cluster.name}/{name}/{uuid.uuid4()}",
        "createdAt": now,
        "modifiedAt": now,
        "tags": dict(params.get("tags") or {}),
        "podIdentityAssociations": [],
        **{field: params[field] for field in _FIELDS if params.get(field)},
    }
    return {"addon": addon}


def _check_role(ask: Ask) -> None:
    if role := ask.params.get("serviceAccountRoleArn"):
        check_trusted(ask.account, role, "oidc-provider")


def addon_of(ask: Ask) -> dict[str, Any]:
    """The add-on that the call names.

    Raises:
        RefusedError: there is none.
    """
    cluster, name = cluster_of(ask), str(ask.params["addonName"])
    found: dict[str, Any] | None = cluster.addons.get(name)
    if found is None:
        raise not_found(f"No addon: {name} found in cluster: {cluster.name}")
    return found


def describe(ask: Ask) -> object:
    """DescribeAddon."""
    return {"addon": addon_of(ask)}


def names(ask: Ask) -> object:
    """ListAddons."""
    return {"addons": list(cluster_of(ask).addons)}


def update(ask: Ask) -> object:
    """UpdateAddon: done at once."""
    addon = addon_of(ask)
    _check_role(ask)
    addon.update({field: ask.params[field] for field in _FIELDS if field in ask.params})
    addon["modifiedAt"] = datetime.now(UTC)
    return {"update": update_record("AddonUpdate")}


def delete(ask: Ask) -> object:
    """DeleteAddon."""
    addon = addon_of(ask)
    del cluster_of(ask).addons[addon["addonName"]]
    return {"addon": {**addon, "status": "DELETING"}}


def versions(ask: Ask) -> object:
    """DescribeAddonVersions: what is offered; the first is the default."""
    wanted = ask.params.get("addonName")
    version = str(ask.params.get("kubernetesVersion") or "1.35")
    return {
        "addons": [
            {
                "addonName": name,
                "type": "networking" if name == "vpc-cni" else "other",
                "publisher": "eks",
                "owner": "aws",
                "addonVersions": [_version(offer, version, offer == offers[0]) for offer in offers],
            }
            for name, offers in VERSIONS.items()
            if wanted in (None, name)
        ]
    }


def _version(offer: str, kubernetes: str, default: bool) -> dict[str, Any]:
    fits = {"clusterVersion": kubernetes, "platformVersions": ["*"], "defaultVersion": default}
    return {"addonVersion": offer, "architecture": ["amd64", "arm64"], "compatibilities": [fits]}


# --- tags of everything ------------------------------------------------------------------------------------


def _tagged(ask: Ask) -> Iterator[tuple[str, Any]]:
    """ARN and tags of everything in the region's clusters."""
    for cluster in eks_backends[ask.account][ask.region].clusters.values():
        yield cluster.arn, cluster.tags
        for group in cluster.nodegroups.values():
            yield group.arn, group.tags
        for profile in cluster.fargate_profiles.values():
            yield profile.fargate_profile_arn, profile.tags
        records: Any = cluster
        for entry in records.entries.values():
            yield entry["accessEntryArn"], entry["tags"]
        for addon in records.addons.values():
            yield addon["addonArn"], addon["tags"]
        for identity in records.pod_identities.values():
            yield identity["associationArn"], identity["tags"]


def _tags(ask: Ask) -> dict[str, str]:
    wanted = str(ask.params["resourceArn"])
    for arn, tags in _tagged(ask):
        if arn == wanted:
            found: dict[str, str] = tags
            return found
    raise RefusedError("NotFoundException", f"No resource found for ARN: {wanted}", HTTPStatus.NOT_FOUND)


def tag(ask: Ask) -> object:
    """TagResource."""
    _tags(ask).update(ask.params["tags"])
    return {}


def untag(ask: Ask) -> object:
    """UntagResource."""
    tags = _tags(ask)
    for key in ask.params["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags(ask: Ask) -> object:
    """ListTagsForResource."""
    return {"tags": _tags(ask)}


GAP = Gap(
    "eks",
    {
        "CreateAddon": create,
        "DescribeAddon": describe,
        "ListAddons": names,
        "UpdateAddon": update,
        "DeleteAddon": delete,
        "DescribeAddonVersions": versions,
        "TagResource": tag,
        "UntagResource": untag,
        "ListTagsForResource": list_tags,
    },
)
