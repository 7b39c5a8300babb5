"""For every rule a mistake in the real rendered environment: one input changed, or one resource added."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policy.model import Resource
from policy.rules import cluster, data, identity, network, nodes, pods, whole
from tests.policy.rendered import spoiled

POD = "kubernetes:apps/v1:StatefulSet"
_CONTAINER = "spec.template.spec.containers.0"


@dataclass(frozen=True)
class Mutation:
    """A mistake: where it is made, and what the environment looks like with it."""

    environment: str
    make: Callable[[Sequence[Resource]], list[Resource]]


def change(environment: str, kind: str, path: str, value: Any, name: str = "") -> Mutation:
    """One input of the first resource of a kind."""

    def make(resources: Sequence[Resource]) -> list[Resource]:
        target = first(resources, kind, name)
        return [spoiled(item, path, value) if item is target else item for item in resources]

    return Mutation(environment, make)


def add(environment: str, kind: str, props: Mapping[str, Any]) -> Mutation:
    """One resource more."""
    return Mutation(environment, lambda resources: [*resources, Resource(kind, "intruder", props)])


def drop(environment: str, kind: str, name: str = "") -> Mutation:
    """One resource less."""

    def make(resources: Sequence[Resource]) -> list[Resource]:
        target = first(resources, kind, name)
        return [item for item in resources if item is not target]

    return Mutation(environment, make)


def unprotect(environment: str, kind: str) -> Mutation:
    """One resource that the engine would delete without asking."""

    def make(resources: Sequence[Resource]) -> list[Resource]:
        target = first(resources, kind, "")
        return [replace(item, protect=False) if item is target else item for item in resources]

    return Mutation(environment, make)


def first(resources: Sequence[Resource], kind: str, name: str) -> Resource:
    """The first resource of a kind whose name has ``name`` in it."""
    return next(item for item in resources if item.type == kind and name in item.name)


def document(*statements: Mapping[str, Any]) -> str:
    """An IAM document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str, **more: Any) -> dict[str, Any]:
    """A statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**exact: str) -> str:
    """Trust in tokens of a cluster."""
    host = "oidc.example/id/1"
    conditions = {f"{host}:{key}": value for key, value in exact.items()}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.example/id/1"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": conditions},
    }
    return document(statement)


_AUDIENCE, _SUBJECT = "sts.amazonaws.com", "system:serviceaccount:kubeflow:pipeline-runner"
_RUNNER = "pipeline-runner"
_ANYBODY = {**allow("s3:GetObject", "*"), "Principal": "*"}

MUTATIONS: Mapping[str, Mutation] = {
    "RDS.3": change("prod", data.INSTANCE, "storageEncrypted", False),
    "RDS.2": change("dev", data.INSTANCE, "publiclyAccessible", True),
    "RDS.8": change("prod", data.INSTANCE, "deletionProtection", False),
    "RDS.11": change("prod", data.INSTANCE, "backupRetentionPeriod", 6),
    "RDS.5": change("prod", data.INSTANCE, "multiAz", None),
    "FERRY.SECRET.1": change("dev", data.INSTANCE, "password", "hunter2"),
    "RDS.38": change("dev", "aws:rds/parameterGroup:ParameterGroup", "parameters.0.value", "0"),
    "ElastiCache.4": change("prod", data.CACHE, "atRestEncryptionEnabled", False),
    "ElastiCache.5": change("prod", data.CACHE, "transitEncryptionEnabled", False),
    "ElastiCache.6": change("prod", data.CACHE, "authTokenWo", None),
    "FERRY.SECRET.2": change("prod", data.CACHE, "authToken", "hunter2"),
    "ElastiCache.3": change("prod", data.CACHE, "automaticFailoverEnabled", False),
    "S3.8": change("dev", data.BLOCK, "restrictPublicBuckets", False),
    "S3.5": change("dev", data.BUCKET_POLICY, "policy", document()),
    "S3.2": change("dev", data.BUCKET_POLICY, "policy", document(_ANYBODY)),
    "S3.12": change("dev", data.BUCKET, "acl", "public-read"),
    "S3.14": change("dev", data.VERSIONING, "versioningConfiguration.status", "Suspended"),
    "FERRY.KEEP.1": change("prod", data.BUCKET, "forceDestroy", True),
    "ECR.2": change("dev", data.REPOSITORY, "imageTagMutability", "MUTABLE"),
    "SQS.1": Mutation(
        "dev",
        lambda found: [
            spoiled(spoiled(item, "kmsMasterKeyId", None), "sqsManagedSseEnabled", False)
            if item.type == data.QUEUE
            else item
            for item in found
        ],
    ),
    "SQS.3": change("dev", "aws:sqs/queuePolicy:QueuePolicy", "policy", document(_ANYBODY)),
    "KMS.4": change("dev", data.KEY, "enableKeyRotation", False),
    "KMS.5": change("dev", data.KEY, "policy", document(_ANYBODY)),
    "CloudWatch.16": change("dev", data.LOGS, "retentionInDays", None),
    "FERRY.LOGS.1": change("dev", data.LOGS, "kmsKeyId", None),
    "IAM.1": change("dev", identity.ROLE_POLICY, "policy", document(allow("*", "*"))),
    "IAM.21": change("dev", identity.ROLE_POLICY, "policy", document(allow("s3:*", "arn:aws:s3:::b"))),
    "FERRY.IAM.1": change("dev", identity.ROLE_POLICY, "policy", document(allow("iam:PassRole", "*"))),
    "KMS.2": change("dev", identity.ROLE_POLICY, "policy", document(allow("kms:Decrypt", "*"))),
    "EKS.IRSA.1": change("dev", identity.ROLE, "assumeRolePolicy", trust(aud=_AUDIENCE), _RUNNER),
    "EKS.IRSA.2": change("dev", identity.ROLE, "assumeRolePolicy", trust(sub=_SUBJECT), _RUNNER),
    "EKS.IRSA.3": add(
        "dev",
        identity.ROLE,
        {
            "assumeRolePolicy": trust(sub=_SUBJECT, aud=_AUDIENCE),
            "permissionsBoundary": "arn:aws:iam::1:policy/b",
        },
    ),
    "EKS.IRSA.4": change(
        "dev",
        identity.ROLE,
        "assumeRolePolicy",
        document(
            *(
                json.loads(trust(sub=f"system:serviceaccount:team:{name}", aud=_AUDIENCE))["Statement"][0]
                for name in ("one", "two")
            )
        ),
        _RUNNER,
    ),
    "FERRY.IAM.2": change(
        "dev",
        identity.ROLE,
        "assumeRolePolicy",
        document({**allow("sts:AssumeRole", "*"), "Principal": {"AWS": "*"}}),
    ),
    "FERRY.IAM.3": change("dev", identity.ROLE, "permissionsBoundary", None),
    "FERRY.IAM.4": change(
        "dev", identity.ATTACHMENT, "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"
    ),
    "IAM.3": add("dev", "aws:iam/accessKey:AccessKey", {"user": "robot"}),
    "EC2.18": change("dev", network.INGRESS, "cidrIpv4", "0.0.0.0/0"),
    "EC2.2": change("dev", network.DEFAULT_GROUP, "ingress", [{"protocol": "-1", "self": True}]),
    "EC2.15": change("dev", network.SUBNET, "mapPublicIpOnLaunch", True),
    "EC2.8": change("dev", network.TEMPLATE, "metadataOptions.httpTokens", "optional"),
    "EC2.3": change("dev", network.TEMPLATE, "blockDeviceMappings.0.ebs.encrypted", "false"),
    "EKS.1": change("dev", cluster.COMPONENT, "publicAccessCidrs", ["0.0.0.0/0"]),
    "EKS.8": change("dev", cluster.COMPONENT, "enabledClusterLogTypes", ["api", "authenticator"]),
    "EKS.3": change("dev", cluster.COMPONENT, "encryptionConfigKeyArn", None),
    "EKS.2": change("dev", cluster.COMPONENT, "version", "1.29"),
    "EKS.ACCESS.1": change("dev", cluster.COMPONENT, "authenticationMode", "CONFIG_MAP"),
    "FERRY.KEEP.2": change("prod", cluster.COMPONENT, "deletionProtection", False),
    "CIS.EKS.5.4.3": change("dev", cluster.NODES, "remoteAccess", {"ec2SshKey": "mine"}),
    "FERRY.PIN.1": change("dev", cluster.ADDON, "addonVersion", None),
    "PSS.HOST": change("dev", POD, "spec.template.spec.hostNetwork", True),
    "PSS.PRIVILEGED": change("dev", POD, f"{_CONTAINER}.securityContext.privileged", True),
    "PSS.ESCALATION": change("dev", POD, f"{_CONTAINER}.securityContext.allowPrivilegeEscalation", None),
    "PSS.ROOT": change("dev", POD, f"{_CONTAINER}.securityContext.runAsUser", 0),
    "PSS.CAPABILITIES": change("dev", POD, f"{_CONTAINER}.securityContext.capabilities.drop", ["NET_RAW"]),
    "PSS.SECCOMP": change("dev", POD, f"{_CONTAINER}.securityContext.seccompProfile", {"type": "Unconfined"}),
    "PSS.VOLUMES": change(
        "dev", POD, "spec.template.spec.volumes", [{"name": "node", "hostPath": {"path": "/etc"}}]
    ),
    "PSS.NAMESPACE": change("dev", pods.NAMESPACE, "metadata.labels", {}),
    "FERRY.PIN.2": change("dev", POD, f"{_CONTAINER}.image", "docker.io/library/redis:7.4"),
    "FERRY.PIN.3": change("dev", pods.RELEASE, "version", "^1.12"),
    "EKS.RESOURCES.1": change("dev", POD, f"{_CONTAINER}.resources.limits", {}),
    "FERRY.SECRET.3": change("dev", POD, f"{_CONTAINER}.env", [{"name": "DB_PASSWORD", "value": "hunter2"}]),
    "FERRY.SECRET.4": change(
        "dev", POD, f"{_CONTAINER}.args", ["--backend-store-uri=postgresql://mlflow:hunter2@db/mlflow"]
    ),
    "FERRY.SECRET.5": add("dev", pods.CONFIG, {"data": {"uri": "postgresql://mlflow:hunter2@db/mlflow"}}),
    "KARPENTER.LIMITS": change("dev", nodes.POOL, "spec.limits", {"cpu": "32", "memory": "64Gi"}, "gpu"),
    "KARPENTER.TAINT": change("dev", nodes.POOL, "spec.template.spec.taints", [], "gpu"),
    "FERRY.GPU.1": change(
        "dev",
        nodes.POOL,
        "spec.template.spec.requirements",
        [
            {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g4dn"]},
            {"key": "karpenter.k8s.aws/instance-size", "operator": "In", "values": ["xlarge", "12xlarge"]},
        ],
        "gpu",
    ),
    "KARPENTER.EXPIRY": change("dev", nodes.POOL, "spec.template.spec.expireAfter", "Never"),
    "KARPENTER.AMI": change("dev", nodes.CLASS, "spec.amiSelectorTerms", [{"alias": "al2023@latest"}]),
    "EC2.8.KARPENTER": change("dev", nodes.CLASS, "spec.metadataOptions.httpTokens", "optional"),
    "EKS.IMDS.1": change("dev", nodes.CLASS, "spec.metadataOptions.httpPutResponseHopLimit", 2),
    "EC2.3.KARPENTER": change("dev", nodes.CLASS, "spec.blockDeviceMappings.0.ebs.encrypted", False),
    "FERRY.COST.1": change("dev", nodes.CLASS, "spec.tags", {"project": "ferry"}),
    "S3.8.EACH": drop("dev", data.BLOCK),
    "S3.5.EACH": drop("dev", data.BUCKET_POLICY),
    "S3.14.EACH": drop("dev", data.VERSIONING),
    "S3.17": drop("dev", data.BUCKET_KEY, "models"),
    "EC2.6": drop("dev", whole.FLOW_LOG),
    "ECR.1": Mutation(
        "dev",
        lambda found: [
            spoiled(item, "imageScanningConfiguration.scanOnPush", False)
            if item.type == data.REPOSITORY
            else item
            for item in drop("dev", whole.SCANNING).make(found)
        ],
    ),
    "FERRY.KEEP.3": unprotect("prod", data.INSTANCE),
    "FERRY.COST.2": change("dev", whole.PROVIDER, "defaultTags", json.dumps({"tags": {"project": "ferry"}})),
    "FERRY.COST.3": change("dev", nodes.POOL, "spec.limits", {"cpu": "3200", "memory": "6400Gi"}, "general"),
    "FERRY.ACCOUNT.1": change("dev", whole.PROVIDER, "allowedAccountIds", None),
}
"""Rule → the mistake that it is there for."""
