"""The stand-in for the EBS CSI driver: claims get volumes, in the zone of the node chosen for their pod."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sandbox.cluster.aws import Aws
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.loop import Kind, Loop
from sandbox.controlplane.client import ApiError, Client, Object
from sandbox.controlplane.watching import Watcher
from sandbox.worldspec import WorldSpec

log = logging.getLogger(__name__)

DRIVER = "ebs.csi.aws.com"
ADDON = "aws-ebs-csi-driver"
_NODE = "volume.kubernetes.io/selected-node"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_ZONE = "topology.kubernetes.io/zone"
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@dataclass(frozen=True)
class Order:
    """A volume to be made for a claim."""

    claim: Object
    storage_class: Object
    zone: str

    @property
    def name(self) -> str:
        """The PersistentVolume's name, as the external provisioner forms it."""
        return f"pvc-{self.claim['metadata']['uid']}"

    @property
    def gib(self) -> int:
        """Size in GiB, rounded up as EBS does."""
        return math.ceil(to_bytes(self.claim["spec"]["resources"]["requests"]["storage"]) / 2**30)


def order(
    claim: Object, storage_class: Object | None, nodes: Mapping[str, Object], region: str
) -> Order | None:
    """What to make for a claim now, or None: bound, not ours, or still waiting for its first pod. Pure."""
    if claim["spec"].get("volumeName") or claim["metadata"].get("deletionTimestamp"):
        return None
    if storage_class is None or storage_class["provisioner"] != DRIVER:
        return None
    if storage_class.get("volumeBindingMode") != "WaitForFirstConsumer":
        return Order(claim, storage_class, f"{region}a")
    chosen = (claim["metadata"].get("annotations") or {}).get(_NODE)
    labels = nodes.get(chosen or "", {}).get("metadata", {}).get("labels") or {}
    return Order(claim, storage_class, labels[_ZONE]) if _ZONE in labels else None


def volume(wanted: Order, handle: str) -> Object:
    """The PersistentVolume for an order. Pure."""
    claim, meta = wanted.claim, wanted.claim["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": wanted.name, "annotations": {_PROVISIONED_BY: DRIVER}},
        "spec": {
            "capacity": {"storage": f"{wanted.gib}Gi"},
            "accessModes": claim["spec"]["accessModes"],
            "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
            "storageClassName": wanted.storage_class["metadata"]["name"],
            "persistentVolumeReclaimPolicy": wanted.storage_class.get("reclaimPolicy", "Delete"),
            "mountOptions": wanted.storage_class.get("mountOptions") or [],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion")},
            },
            "csi": {"driver": DRIVER, "volumeHandle": handle, "fsType": "ext4"},
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": _ZONE, "operator": "In", "values": [wanted.zone]}]}
                    ]
                }
            },
        },
    }


def to_bytes(quantity: str) -> int:
    """A Kubernetes quantity of storage in bytes."""
    for unit, factor in _UNITS.items():
        if quantity.endswith(unit):
            return math.ceil(float(quantity.removesuffix(unit)) * factor)
    return math.ceil(float(quantity))


class Volumes:
    """Makes EBS volumes for claims and removes them with what claimed them."""

    def __init__(self, spec: WorldSpec, client: Client, aws: Aws, ledger: Ledger) -> None:
        self._spec = spec
        self._client = client
        self._aws = aws
        self._ledger = ledger

    def loop(self) -> Loop:
        """The loop that drives it."""
        kinds = [
            Kind("v1", "PersistentVolumeClaim"),
            Kind("v1", "PersistentVolume"),
            Kind("storage.k8s.io/v1", "StorageClass"),
            Kind("v1", "Node"),
        ]
        return Loop("volumes", self._client, kinds, self.step)

    def step(self, watchers: Sequence[Watcher]) -> None:
        """One round."""
        claims, volumes, classes, nodes = (watcher.objects() for watcher in watchers)
        by_name = {item["metadata"]["name"]: item for item in classes}
        machines = {item["metadata"]["name"]: item for item in nodes}
        made = {item["metadata"]["name"] for item in volumes}
        orders = [
            wanted
            for claim in claims
            if (wanted := order(claim, _class_of(claim, by_name), machines, self._spec.region))
            and wanted.name not in made
        ]
        if orders and self._aws.has_addon(ADDON):  # without the driver a claim waits, as it does on EKS
            for wanted in orders:
                self._make(wanted)
        for body in volumes:
            if _to_be_removed(body):
                self._remove(body)

    def _make(self, wanted: Order) -> None:
        handle = self._aws.make_volume(
            wanted.name, wanted.zone, wanted.gib, wanted.storage_class.get("parameters") or {}, wanted.claim
        )
        try:
            self._client.create(volume(wanted, handle))
        except ApiError as error:
            self._aws.ec2.delete_volume(VolumeId=handle)
            if error.reason != "AlreadyExists":
                raise
        self._ledger.note("EBS CSI driver: volumes are made and bound, never formatted or attached")

    def _remove(self, body: Object) -> None:
        try:
            self._aws.ec2.delete_volume(VolumeId=body["spec"]["csi"]["volumeHandle"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidVolume.NotFound":
                raise
        self._client.delete({**body, "apiVersion": "v1", "kind": "PersistentVolume"})


def _class_of(claim: Object, classes: Mapping[str, Object]) -> Object | None:
    return classes.get(claim["spec"].get("storageClassName") or "")


def _to_be_removed(body: Mapping[str, Any]) -> bool:
    """Whether the driver would delete a volume: ours, released, and not to be retained."""
    ours = (body["metadata"].get("annotations") or {}).get(_PROVISIONED_BY) == DRIVER
    released = (body.get("status") or {}).get("phase") == "Released"
    return ours and released and body["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
