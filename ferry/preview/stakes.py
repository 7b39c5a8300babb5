"""What holds something that cannot be made again. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ferry.preview.seen import Kind, Step
from policy.reading import at, many

HOLDS: Mapping[str, str] = {
    "aws:rds/instance:Instance": "its databases",
    "aws:rds/cluster:Cluster": "its databases",
    "aws:elasticache/replicationGroup:ReplicationGroup": "every feature in it",
    "aws:s3/bucket:Bucket": "every object and version in it",
    "aws:ecr/repository:Repository": "every image in it",
    "aws:efs/fileSystem:FileSystem": "every file on it",
    "aws:ebs/volume:Volume": "everything on it",
    "aws:dynamodb/table:Table": "every item in it",
    "aws:backup/vault:Vault": "every recovery point in it",
    "aws:kms/key:Key": "the way to read whatever it encrypts",
    "aws:secretsmanager/secret:Secret": "the secret and its versions",
    "aws:cloudwatch/logGroup:LogGroup": "the logs in it",
    "aws:eks/cluster:Cluster": "everything that runs in it",
    "eks:index:Cluster": "everything that runs in it",
    "kubernetes:core/v1:Namespace": "everything in it, volumes included",
    "kubernetes:core/v1:PersistentVolumeClaim": "everything on the volume",
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": "every object of its kind",
}
"""Type → what is lost with it."""
CLAIMING = "kubernetes:apps/v1:StatefulSet"


def lost(step: Step) -> str:
    """What goes with the old one; empty where nothing does."""
    if step.kind not in (Kind.REPLACE, Kind.DELETE):
        return ""
    if step.type == CLAIMING:
        return "what it keeps on its volumes" if many(at(step.old, "spec.volumeClaimTemplates")) else ""
    return HOLDS.get(step.type, "")


def at_stake(steps: Sequence[Step]) -> list[Step]:
    """What holds data and is replaced or deleted, deletions first."""
    found = [step for step in steps if lost(step)]
    return sorted(found, key=lambda step: (step.kind is not Kind.DELETE, step.type, step.name))
