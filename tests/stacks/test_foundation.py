"""The foundation of each committed environment, as the program registers it (A1-A8).

Proves what is asked for: names, tags, protection, parents, order, and how environments differ. Whether AWS
and Kubernetes take it is the rehearsal's to prove.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.scope import Scope
from stacks import foundation
from stacks.settings import Settings
from tests.infra.engine import SECRET_TOKEN, TOKEN, Made, Registered, policy
from tests.infra.environments import build, made, settings

ENVIRONMENTS = ("dev", "staging", "prod")
EVERY = pytest.mark.parametrize("environment", ENVIRONMENTS)
KEEPING = pytest.mark.parametrize("environment", ["staging", "prod"])

BUCKET = "aws:s3/bucket:Bucket"
HOLDS_DATA = frozenset(
    {
        BUCKET,
        "aws:kms/key:Key",
        "aws:rds/instance:Instance",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:ecr/repository:Repository",
        "aws:secretsmanager/secret:Secret",
        "eks:index:Cluster",
    }
)


def changed(environment: str, **more: Any) -> Settings:
    return settings(environment).model_copy(update=more)


# --- every resource -------------------------------------------------------------------------------


@EVERY
def test_every_resource_has_a_component_above_it(environment: str) -> None:
    for item in made(environment).resources:
        if not item.type.startswith(("pulumi:", "ferry:")):
            assert "ferry:infra:" in item.parent, item.name


@EVERY
def test_every_aws_resource_goes_through_an_explicit_provider(environment: str) -> None:
    for item in made(environment).aws():
        assert "::aws-us-" in item.provider, f"{item.type} {item.name}: {item.provider!r}"


@EVERY
def test_providers_refuse_other_accounts_and_tag_everything(environment: str) -> None:
    found = made(environment).of("pulumi:providers:aws")
    assert found
    for provider in found:
        assert _json(provider.inputs["allowedAccountIds"]) == ["123456789012"]
        tags = _json(provider.inputs["defaultTags"])["tags"]
        assert tags["environment"] == environment
        assert set(tags) >= {"project", "environment", "owner", "cost-center", "managed-by"}


@EVERY
def test_names_say_the_environment(environment: str) -> None:
    keys = ("bucket", "identifier", "replicationGroupId")
    types = ("aws:iam/role:Role", "aws:ecr/repository:Repository", "aws:sqs/queue:Queue")
    for item in made(environment).aws():
        name = next((item.inputs[key] for key in keys if key in item.inputs and item.type == BUCKET), None)
        name = name or (item.inputs.get("name") if item.type in types else None)
        if name is not None:
            assert name.startswith(f"ferry-{environment}"), name


@EVERY
def test_machines_and_their_disks_carry_the_tags_that_a_provider_does_not_reach(environment: str) -> None:
    wanted = foundation.tags_of(settings(environment)).items()
    template = made(environment).of("aws:ec2/launchTemplate:LaunchTemplate")[0]
    specifications = template.inputs["tagSpecifications"]
    assert {item["resourceType"] for item in specifications} == {"instance", "volume"}
    assert all(wanted <= item["tags"].items() for item in specifications)
    node_class = made(environment).of("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass")[0]
    assert wanted <= node_class.inputs["spec"]["tags"].items()


# --- reach ----------------------------------------------------------------------------------------


@EVERY
def test_nothing_is_open_to_the_world(environment: str) -> None:
    rules = made(environment).of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert rules
    for rule in rules:
        assert rule.inputs.get("cidrIpv4") != "0.0.0.0/0"
        assert "cidrIpv6" not in rule.inputs
    assert not made(environment).of("aws:ec2/securityGroupRule:SecurityGroupRule")
    assert all(not group.inputs.get("ingress") for group in made(environment).aws() if "roup" in group.type)


@EVERY
def test_data_stores_are_entered_from_the_nodes_only(environment: str) -> None:
    for item in made(environment).of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
        if "endpoints" not in item.name:
            assert item.inputs["referencedSecurityGroupId"] == "sg-nodes", item.name
    for item in made(environment).of("aws:rds/instance:Instance"):
        assert item.inputs["publiclyAccessible"] is False


def test_production_has_no_public_endpoint_and_dev_an_allow_list() -> None:
    prod = made("prod").of("eks:index:Cluster")[0].inputs
    dev = made("dev").of("eks:index:Cluster")[0].inputs
    assert prod["endpointPublicAccess"] is False
    assert prod["endpointPrivateAccess"] is True
    assert "publicAccessCidrs" not in prod
    assert dev["publicAccessCidrs"] == settings("dev").cluster.endpoint.public_cidrs


@EVERY
def test_cluster_uses_access_entries_and_encrypts_secrets(environment: str) -> None:
    cluster = made(environment).of("eks:index:Cluster")[0]
    assert cluster.inputs["authenticationMode"] == "API"
    assert ":kms:" in cluster.inputs["encryptionConfigKeyArn"]
    assert "audit" in cluster.inputs["enabledClusterLogTypes"]
    assert cluster.inputs["createOidcProvider"] is False
    assert cluster.inputs["skipDefaultNodeGroup"] is True


# --- what holds data ------------------------------------------------------------------------------


def protected(found: Made) -> dict[str, bool]:
    return {item.name: item.protect for item in found.resources if item.type in HOLDS_DATA}


@KEEPING
def test_data_is_protected_where_it_is_kept(environment: str) -> None:
    assert all(protected(made(environment)).values()), protected(made(environment))
    assert made(environment).of("aws:rds/instance:Instance")[0].inputs["deletionProtection"] is True
    assert made(environment).of("eks:index:Cluster")[0].inputs["deletionProtection"] is True


def test_dev_can_be_thrown_away_with_what_is_in_it() -> None:
    found = made("dev")
    assert not any(protected(found).values())
    assert all(item.inputs["forceDestroy"] is True for item in found.of(BUCKET))
    assert found.of("aws:rds/instance:Instance")[0].inputs["skipFinalSnapshot"] is True
    assert found.of("aws:secretsmanager/secret:Secret")[0].inputs["recoveryWindowInDays"] == 0


@KEEPING
def test_a_destroy_without_teardown_deletes_no_content(environment: str) -> None:
    found = made(environment)
    assert all(item.inputs["forceDestroy"] is False for item in found.of(BUCKET))
    assert found.of("aws:rds/instance:Instance")[0].inputs["skipFinalSnapshot"] is False
    assert found.of("aws:rds/instance:Instance")[0].inputs["finalSnapshotIdentifier"]


def test_reviewed_teardown_lifts_every_protection() -> None:
    torn = build(changed("prod", teardown=True), "prod")
    assert not any(protected(torn).values())
    assert torn.of("aws:rds/instance:Instance")[0].inputs["deletionProtection"] is False
    assert all(item.inputs["forceDestroy"] is True for item in torn.of(BUCKET))


@EVERY
def test_every_store_is_versioned_closed_encrypted_and_has_a_lifecycle(environment: str) -> None:
    found = made(environment)
    stores = [item.inputs["bucket"] for item in found.of(BUCKET)]
    closed = found.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for item in closed:
        keys = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert all(item.inputs[key] is True for key in keys)
    for item in found.of("aws:s3/bucketVersioning:BucketVersioning"):
        assert item.inputs["versioningConfiguration"]["status"] == "Enabled"
    for type_ in (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    ):
        assert sorted(item.inputs["bucket"] for item in found.of(type_)) == sorted(stores), type_


@EVERY
def test_only_access_logs_are_not_encrypted_with_our_key(environment: str) -> None:
    """S3 does not deliver access logs to a bucket that is encrypted with KMS."""
    type_ = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    plain = []
    for item in made(environment).of(type_):
        by_default = item.inputs["rules"][0]["applyServerSideEncryptionByDefault"]
        if by_default["sseAlgorithm"] != "aws:kms":
            plain.append(item.inputs["bucket"])
    assert ["access-logs" in name for name in plain] == [True]


def test_production_copies_every_store_but_the_access_logs() -> None:
    copied = made("prod").of("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
    assert len(copied) == 5
    assert not any("access-logs" in item.inputs["bucket"] for item in copied)
    for item in copied:
        target = item.inputs["rules"][0]["destination"]
        assert target["bucket"].endswith("us-west-2")
        assert target["encryptionConfiguration"]["replicaKmsKeyId"]
    copies = [item for item in made("prod").of(BUCKET) if item.inputs["bucket"].endswith("us-west-2")]
    assert len(copies) == 5
    assert all("::aws-us-west-2::" in item.provider for item in copies)
    assert not made("dev").of("aws:s3/bucketReplicationConfig:BucketReplicationConfig")


# --- secrets --------------------------------------------------------------------------------------


@EVERY
def test_passwords_stay_out_of_everything_but_write_only_arguments(environment: str) -> None:
    for item in made(environment).resources:
        shown = {key: value for key, value in item.inputs.items() if not key.endswith("Wo")}
        assert TOKEN not in json.dumps(shown, default=str), item.name
    instance = made(environment).of("aws:rds/instance:Instance")[0]
    assert instance.inputs["manageMasterUserPassword"] is True
    assert not {"password", "passwordWo"} & set(instance.inputs)


def test_elasticache_and_its_secret_get_the_same_password() -> None:
    group = made("prod").of("aws:elasticache/replicationGroup:ReplicationGroup")[0]
    value = made("prod").of("aws:secretsmanager/secretVersion:SecretVersion")[0]
    assert group.inputs["authTokenWo"] == value.inputs["secretStringWo"] == SECRET_TOKEN
    assert group.inputs["authTokenWoVersion"] == value.inputs["secretStringWoVersion"]
    assert group.urn in value.depends_on
    assert group.inputs["transitEncryptionEnabled"] is True
    assert group.inputs["automaticFailoverEnabled"] is True
    assert group.inputs["multiAzEnabled"] is True
    assert (group.inputs["numNodeGroups"], group.inputs["replicasPerNodeGroup"]) == (3, 1)


@EVERY
def test_both_forms_of_redis_have_the_same_outputs(environment: str) -> None:
    assert set(made(environment).exports["redis"]) == {"endpoint", "port", "tls", "secret_arn"}
    managed = made(environment).of("aws:elasticache/replicationGroup:ReplicationGroup")
    assert bool(managed) is (settings(environment).redis.mode == "elasticache")
    assert made(environment).exports["redis"]["tls"] is bool(managed)


# --- identities -----------------------------------------------------------------------------------


@EVERY
def test_every_role_carries_the_boundary_and_every_trust_its_conditions(environment: str) -> None:
    roles = made(environment).of("aws:iam/role:Role")
    assert len(roles) >= 8
    for role in roles:
        boundary = f"arn:aws:iam::123456789012:policy/ferry-{environment}-boundary"
        assert role.inputs["permissionsBoundary"] == boundary, role.name
        trust = policy(role, "assumeRolePolicy")["Statement"][0]
        if "Federated" in trust["Principal"]:
            keys = {key.rpartition(":")[2] for key in trust["Condition"]["StringEquals"]}
            assert keys == {"sub", "aud"}, role.name
        assert trust["Principal"] != "*"


@EVERY
def test_no_two_roles_share_a_name(environment: str) -> None:
    names = [role.inputs["name"] for role in made(environment).of("aws:iam/role:Role")]
    assert len(names) == len(set(names))
    assert all(len(name) <= 64 for name in names)


def test_runners_role_is_for_its_account_and_its_store() -> None:
    role = made("dev").one("aws:iam/role:Role", "pipeline-runner-role")
    exact = policy(role, "assumeRolePolicy")["Statement"][0]["Condition"]["StringEquals"]
    assert "system:serviceaccount:kubeflow:pipeline-runner" in exact.values()
    own = policy(made("dev").one("aws:iam/rolePolicy:RolePolicy", "pipeline-runner-policy"))
    buckets = {item for statement in own["Statement"] for item in _list(statement["Resource"])}
    stores = {item for item in buckets if ":s3:" in item}
    assert stores
    assert all("ferry-dev-pipelines-" in item for item in stores)
    account = made("dev").one("kubernetes:core/v1:ServiceAccount", "pipeline-runner-account")
    assert account.inputs["metadata"]["namespace"] == "kubeflow"


# --- order ----------------------------------------------------------------------------------------


def reaches(found: Made, start: Registered, goal: Registered) -> bool:
    """Whether ``start`` waits for ``goal``, directly or through others."""
    by_urn = {item.urn: item for item in found.resources}
    seen: set[str] = set()
    todo = [start.urn]
    while todo:
        urn = todo.pop()
        if urn == goal.urn:
            return True
        if urn not in seen and urn in by_urn:
            seen.add(urn)
            todo += by_urn[urn].depends_on
    return False


RELEASE = "kubernetes:helm.sh/v3:Release"
NODES = "aws:eks/nodeGroup:NodeGroup"
POOL = "kubernetes:karpenter.sh/v1:NodePool"
CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"


@pytest.mark.parametrize(
    ("later", "later_name", "earlier", "earlier_name"),
    [
        (POOL, "pool-gpu", CLASS, ""),
        (CLASS, "", RELEASE, "-karpenter"),
        (RELEASE, "-karpenter", RELEASE, "karpenter-crd"),
        (RELEASE, "-karpenter", NODES, ""),
        (RELEASE, "-karpenter", "aws:iam/rolePolicy:RolePolicy", "controller-policy"),
        (NODES, "", "aws:ec2/route:Route", "private-a-out"),
        (NODES, "", "aws:eks/addon:Addon", "vpc-cni-addon"),
        ("aws:eks/addon:Addon", "coredns-addon", NODES, ""),
        ("eks:index:Cluster", "", "aws:cloudwatch/logGroup:LogGroup", "cluster-logs"),
        ("kubernetes:apps/v1:StatefulSet", "", POOL, "pool-general"),
        ("kubernetes:apps/v1:StatefulSet", "", "aws:iam/rolePolicy:RolePolicy", "redis-pod-role-policy"),
    ],
)
def test_first_up_makes_what_is_needed_before_who_needs_it(
    later: str, later_name: str, earlier: str, earlier_name: str
) -> None:
    found = made("dev")
    assert reaches(found, found.one(later, later_name), found.one(earlier, earlier_name))


@EVERY
def test_objects_in_the_cluster_wait_for_the_right_to_make_them(environment: str) -> None:
    found = made(environment)
    entry = found.of("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")[0]
    assert reaches(found, found.of("pulumi:providers:kubernetes")[0], entry)


# --- A1, A3, A8: how environments differ ----------------------------------------------------------


def test_dev_has_one_nat_gateway_and_prod_one_per_zone() -> None:
    assert len(made("dev").of("aws:ec2/natGateway:NatGateway")) == 1
    assert len(made("prod").of("aws:ec2/natGateway:NatGateway")) == len(settings("prod").network.zones)


@EVERY
def test_only_private_subnets_are_found_by_karpenter(environment: str) -> None:
    tagged = [
        item.name
        for item in made(environment).of("aws:ec2/subnet:Subnet")
        if "karpenter.sh/discovery" in item.inputs["tags"]
    ]
    assert tagged
    assert all("private" in name for name in tagged)


@EVERY
def test_images_are_immutable_and_scanned(environment: str) -> None:
    repositories = made(environment).of("aws:ecr/repository:Repository")
    assert len(repositories) == len(settings(environment).registry.repositories)
    for item in repositories:
        assert item.inputs["imageTagMutability"] == "IMMUTABLE"
        assert item.inputs["imageScanningConfiguration"]["scanOnPush"] is True


def test_environments_register_the_same_kinds_of_components() -> None:
    def kinds(environment: str) -> set[str]:
        return {item.type for item in made(environment).resources if item.type.startswith("ferry:")}

    by_size = {"ferry:infra:InClusterRedis", "ferry:infra:ElastiCache"}
    # dev goes all the way, so that everything is rehearsed
    above_production = {f"ferry:infra:{name}" for name in ("ArgoWorkflows", "Katib", "SingleSignOn")}
    assert kinds("dev") ^ kinds("prod") == by_size | above_production


@EVERY
def test_first_preview_needs_no_value_that_only_aws_knows(environment: str) -> None:
    assert build(settings(environment), environment, preview=True).resources


def test_scope_says_what_the_settings_say() -> None:
    scope = foundation.scope_of(settings("prod"))
    assert scope == Scope(
        name="ferry-prod",
        account="123456789012",
        region="us-east-1",
        boundary="arn:aws:iam::123456789012:policy/ferry-prod-boundary",
        tags=foundation.tags_of(settings("prod")),
        protect=True,
        teardown=False,
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
