"""What each account of a workload may do, on AWS and in the cluster. Pure; tested by what it refuses (A4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.iam import Statement
from infra.stores.policy import bucket_arn
from workloads.patterns.migration import Names
from workloads.spec import LegacySpec
from workloads.state import Slot


@dataclass(frozen=True)
class Reach:
    """Where the rights apply; ARNs are known late.

    Attributes:
        region, account: of everything.
        evidence, models, training_data: names of stores.
        key: ARN of the stores' key.
        signing: ARN of the key that signs evidence.
    """

    region: str
    account: str
    evidence: str
    models: str
    training_data: str
    key: str
    signing: str

    def decrypt(self) -> Statement:
        """Read what the stores hold, by way of S3."""
        return self._by_s3("Decrypt", ["kms:Decrypt"])

    def encrypt(self) -> Statement:
        """Write into the stores, by way of S3."""
        return self._by_s3("Encrypt", ["kms:GenerateDataKey"])

    def _by_s3(self, sid: str, actions: Sequence[str]) -> Statement:
        via = {"StringEquals": {"kms:ViaService": f"s3.{self.region}.amazonaws.com"}}
        return Statement(sid=sid, actions=[*actions], resources=[self.key], conditions=via)

    def objects(self, bucket: str, folder: str) -> str:
        """ARN of everything in a folder of a store."""
        return f"{bucket_arn(bucket)}/{folder}/*"


def adapter(reach: Reach, names: Names, legacy: LegacySpec) -> list[Statement]:
    """Ask the one old endpoint, and record what it said; never read a record."""
    asks = Statement(
        sid="AskOldEndpoint",
        actions=["sagemaker:InvokeEndpoint"],
        resources=[f"arn:aws:sagemaker:{reach.region}:{reach.account}:endpoint/{legacy.name}"],
    )
    return [*([asks] if legacy.kind == "sagemaker" else []), *records(reach, names, "legacy")]


def records(reach: Reach, names: Names, side: str) -> list[Statement]:
    """Write one side's predictions."""
    put = Statement(
        sid="RecordPredictions",
        actions=["s3:PutObject"],
        resources=[reach.objects(reach.evidence, f"predictions/{names.workload}/{side}")],
    )
    return [put, reach.encrypt()]


def slot(reach: Reach, names: Names) -> list[Statement]:
    """Read this workload's models, and record what they said."""
    models = Statement(
        sid="ReadModels",
        actions=["s3:GetObject"],
        resources=[reach.objects(reach.models, names.workload)],
    )
    return [models, reach.decrypt(), *records(reach, names, "platform")]


def guard(reach: Reach, names: Names) -> list[Statement]:
    """Find and read evidence about this workload, and verify who signed it. It cannot sign, nor write."""
    return [
        Statement(
            sid="FindEvidence",
            actions=["s3:ListBucket"],
            resources=[bucket_arn(reach.evidence)],
            conditions={"StringEquals": {"s3:prefix": f"gates/{names.workload}/"}},
        ),
        Statement(
            sid="ReadEvidence",
            actions=["s3:GetObject"],
            resources=[reach.objects(reach.evidence, f"gates/{names.workload}")],
        ),
        reach.decrypt(),
        Statement(sid="VerifyEvidence", actions=["kms:Verify"], resources=[reach.signing]),
    ]


def batch(reach: Reach, names: Names, side: str) -> list[Statement]:
    """Claim, write and publish this workload's files. Nothing is ever deleted."""
    files = Statement(
        sid="PublishFiles",
        actions=["s3:GetObject", "s3:PutObject"],
        resources=[reach.objects(reach.evidence, f"batch/{names.workload}")],
    )
    return [files, reach.decrypt(), *records(reach, names, side)]


def drift(reach: Reach, names: Names) -> list[Statement]:
    """Read what the platform said, write what was found about it."""
    return [
        Statement(
            sid="ListPredictions",
            actions=["s3:ListBucket"],
            resources=[bucket_arn(reach.evidence)],
            conditions={"StringEquals": {"s3:prefix": f"predictions/{names.workload}/platform/"}},
        ),
        Statement(
            sid="ReadPredictions",
            actions=["s3:GetObject"],
            resources=[
                reach.objects(reach.evidence, f"predictions/{names.workload}/platform"),
                reach.objects(reach.evidence, f"drift/{names.workload}"),
            ],
        ),
        Statement(
            sid="WriteFindings",
            actions=["s3:PutObject"],
            resources=[reach.objects(reach.evidence, f"drift/{names.workload}")],
        ),
        reach.decrypt(),
        reach.encrypt(),
    ]


def training(reach: Reach, names: Names) -> list[Statement]:
    """Read this workload's training data, write its models."""
    return [
        Statement(
            sid="ReadTrainingData",
            actions=["s3:GetObject"],
            resources=[reach.objects(reach.training_data, names.workload)],
        ),
        Statement(
            sid="WriteModels",
            actions=["s3:PutObject"],
            resources=[reach.objects(reach.models, names.workload)],
        ),
        reach.decrypt(),
        reach.encrypt(),
    ]


def read_password(secret_arn: str, key: str, region: str) -> list[Statement]:
    """Fetch the feature store's password when a pod starts."""
    via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
    return [
        Statement(sid="ReadPassword", actions=["secretsmanager:GetSecretValue"], resources=[secret_arn]),
        Statement(sid="DecryptPassword", actions=["kms:Decrypt"], resources=[key], conditions=via),
    ]


def guard_rules(names: Names) -> list[dict[str, Any]]:
    """Rules of the guard's Role: its own overlay and lease, one ConfigMap to read, which version each slot's
    Deployment holds, where the sides' pods are.

    RBAC cannot bind ``create`` to a name; what it could create is bound to the workload's own namespace.
    """
    routes, leases = ["gateway.networking.k8s.io"], ["coordination.k8s.io"]
    own, slots = [names.overlay], [names.slot(slot) for slot in Slot]
    return [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": [names.migration],
            "verbs": ["get"],
        },
        {"apiGroups": routes, "resources": ["httproutes"], "resourceNames": own, "verbs": ["get", "patch"]},
        {"apiGroups": routes, "resources": ["httproutes"], "verbs": ["create"]},
        {"apiGroups": leases, "resources": ["leases"], "resourceNames": own, "verbs": ["get", "update"]},
        {"apiGroups": leases, "resources": ["leases"], "verbs": ["create"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": slots, "verbs": ["get"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]},
    ]


def guard_sight() -> list[dict[str, Any]]:
    """Rules in the Gateway's namespace: where the proxies are, whose figures it reads."""
    return [{"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]}]
