"""What no single resource can tell: whether every bucket has its lock, every account a role of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from policy.model import Catalogue, Resource, Severity, StackRule
from policy.reading import allows, at, document, maps, true
from policy.rules.data import (
    BLOCK,
    BUCKET,
    BUCKET_KEY,
    BUCKET_POLICY,
    CACHE,
    INSTANCE,
    KEY,
    REPOSITORY,
    VERSIONING,
)
from policy.rules.identity import ROLE, federated, subject
from policy.rules.nodes import COST_TAGS

Blame = Iterable[tuple[Resource, str]]

PROVIDER = "pulumi:providers:aws"
VPC = "aws:ec2/vpc:Vpc"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
DATA_BEARING = (INSTANCE, CACHE, BUCKET, KEY, REPOSITORY, "eks:index:Cluster", "aws:eks/cluster:Cluster")


def _of(resources: Sequence[Resource], kind: str) -> list[Resource]:
    return [item for item in resources if item.type == kind]


def _each_bucket_has(kind: str, what: str) -> Callable[[Sequence[Resource]], Blame]:
    """Companions name their bucket by its name, and the component that made both names them alike."""

    def facts(resources: Sequence[Resource]) -> Blame:
        named = {str(item.props.get("bucket")) for item in _of(resources, kind)}
        for bucket in _of(resources, BUCKET):
            if str(bucket.props.get("bucket")) not in named:
                yield bucket, f"it has no {what}"

    return facts


def _own_keys(resources: Sequence[Resource]) -> Blame:
    """A bucket that takes S3's own access logs is left out: AWS delivers them only where no such key is."""
    takes_logs = {str(item.props.get("targetBucket")) for item in _of(resources, LOGGING)}
    keyed = {
        str(item.props.get("bucket"))
        for item in _of(resources, BUCKET_KEY)
        if all(
            at(rule, "applyServerSideEncryptionByDefault.kmsMasterKeyId")
            for rule in maps(item.props.get("rules"))
        )
    }
    for bucket in _of(resources, BUCKET):
        if str(bucket.props.get("bucket")) not in keyed | takes_logs:
            yield bucket, "objects are not encrypted with a key of the environment's own"


def _one_role_per_account(resources: Sequence[Resource]) -> Blame:
    takers: dict[str, list[Resource]] = defaultdict(list)
    for role in _of(resources, ROLE):
        for statement in allows(role.props.get("assumeRolePolicy")):
            if federated(statement) and subject(statement):
                takers[subject(statement)].append(role)
    for account, roles in takers.items():
        if len(roles) > 1:
            names = ", ".join(role.name for role in roles)
            yield roles[-1], f"{account} may take several roles: {names}"


def _one_account_per_role(resources: Sequence[Resource]) -> Blame:
    for role in _of(resources, ROLE):
        statements = allows(role.props.get("assumeRolePolicy"))
        accounts = [subject(item) for item in statements if federated(item)]
        if len(accounts) > 1:
            yield role, f"several accounts share it: {', '.join(accounts)}"


def _no_flow_log(resources: Sequence[Resource]) -> Blame:
    if not _of(resources, FLOW_LOG):
        for vpc in _of(resources, VPC):
            yield vpc, "nothing writes down who talks to whom in it"


def _unscanned(resources: Sequence[Resource]) -> Blame:
    whole = any(
        maps(rule.get("repositoryFilters"))
        for item in _of(resources, SCANNING)
        for rule in maps(item.props.get("rules"))
    )
    for repository in _of(resources, REPOSITORY):
        own = true(at(repository.props, "imageScanningConfiguration.scanOnPush"))
        if not whole and not own:
            yield repository, "images in it are not scanned"


def _unprotected(resources: Sequence[Resource]) -> Blame:
    for item in resources:
        if item.type in DATA_BEARING and item.props and not item.protect:
            yield item, "the engine would delete or replace it without asking"


def _untagged(resources: Sequence[Resource]) -> Blame:
    for provider in _of(resources, PROVIDER):
        given = provider.props.get("defaultTags")
        tags = document(json.loads(given) if isinstance(given, str) else given).get("tags") or {}
        missing = [name for name in COST_TAGS if not tags.get(name)]
        if missing:
            yield provider, f"what it makes lacks the tags {', '.join(missing)}"


def _any_account(resources: Sequence[Resource]) -> Blame:
    for provider in _of(resources, PROVIDER):
        if provider.props.get("allowedAccountIds") in (None, "[]", []):
            yield provider, "it changes whichever account the credentials happen to open"


_F, _OWN, _EKS = Catalogue.FSBP, Catalogue.FERRY, Catalogue.EKS

# fmt: off
RULES: Sequence[StackRule] = (
    StackRule(
        "S3.8.EACH", _F, Severity.CRITICAL,
        "One careless policy publishes the bucket",
        "Give every bucket its BucketPublicAccessBlock",
        _each_bucket_has(BLOCK, "block of public access"),
    ),
    StackRule(
        "S3.5.EACH", _F, Severity.HIGH,
        "Objects can be read from the wire",
        "Give every bucket a policy that refuses requests without TLS",
        _each_bucket_has(BUCKET_POLICY, "policy"),
    ),
    StackRule(
        "S3.17", _F, Severity.HIGH,
        "Whoever may read the bucket may read its objects; no key can be withdrawn",
        "Give every bucket a key of the environment's own, by BucketServerSideEncryptionConfiguration",
        _own_keys,
    ),
    StackRule(
        "S3.14.EACH", _F, Severity.HIGH,
        "An overwritten model is gone",
        "Give every bucket its BucketVersioning",
        _each_bucket_has(VERSIONING, "versioning"),
    ),
    StackRule(
        "EKS.IRSA.3", _EKS, Severity.HIGH,
        "Nobody can say what the account may do without reading them all",
        "One role for each service account",
        _one_role_per_account,
    ),
    StackRule(
        "EKS.IRSA.4", _EKS, Severity.HIGH,
        "What one of them needs, the others get",
        "One role for each service account",
        _one_account_per_role,
    ),
    StackRule(
        "EC2.6", _F, Severity.MEDIUM,
        "After an incident nobody knows who talked to whom",
        "Give the VPC a flow log",
        _no_flow_log,
    ),
    StackRule(
        "ECR.1", _F, Severity.MEDIUM,
        "Known holes are run without anybody knowing",
        "Configure the registry to scan what is pushed",
        _unscanned,
    ),
    StackRule(
        "FERRY.KEEP.3", _OWN, Severity.CRITICAL,
        "A renamed argument replaces it, and what it held is gone",
        "Pass protect from the scope; a reviewed teardown lifts it",
        _unprotected, kept_only=True,
    ),
    StackRule(
        "FERRY.COST.2", _OWN, Severity.MEDIUM,
        "Nobody can say whose money it is",
        f"Give the provider's default tags {', '.join(COST_TAGS)}",
        _untagged,
    ),
    StackRule(
        "FERRY.ACCOUNT.1", _OWN, Severity.CRITICAL,
        "The right command with the wrong credentials changes another account",
        "Give the provider allowed_account_ids",
        _any_account,
    ),
)
# fmt: on
