"""Kinds of volumes: gp3, encrypted with the data key; one that goes with its claim, one that stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from infra.scope import Component

DEFAULT = "gp3"
RETAIN = "gp3-retain"
_DEFAULT_ANNOTATION = "storageclass.kubernetes.io/is-default-class"


def storage_classes(
    parent: Component,
    provider: kubernetes.Provider,
    key_arn: pulumi.Input[str],
    backed_up: Mapping[str, str],
    after: Sequence[pulumi.Resource],
) -> None:
    """The two classes as children of ``parent``. Volumes are made where their first pod lands.

    Args:
        parent: the cluster.
        provider: of its objects.
        key_arn: of the volumes' key.
        backed_up: tags of the volumes that stay, by which AWS Backup takes them.
        after: what must be there first.
    """
    common = {"type": "gp3", "encrypted": "true"}
    tags = {f"tagSpecification_{i}": f"{key}={value}" for i, (key, value) in enumerate(backed_up.items(), 1)}
    for name, policy, more in ((DEFAULT, "Delete", {}), (RETAIN, "Retain", tags)):
        kubernetes.storage.v1.StorageClass(
            parent.part(name),
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=name, annotations={_DEFAULT_ANNOTATION: "true" if name == DEFAULT else "false"}
            ),
            provisioner="ebs.csi.aws.com",
            parameters={**common, "kmsKeyId": key_arn, **more},
            reclaim_policy=policy,
            allow_volume_expansion=True,
            volume_binding_mode="WaitForFirstConsumer",
            opts=parent.child(provider=provider, depends_on=[*after]),
        )
