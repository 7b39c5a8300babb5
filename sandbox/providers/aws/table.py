"""The committed list: which types of pulumi-aws are backed by real resources, and which only recorded.

Backed means that boto3 finds the thing after ``up``. Recorded means that inputs are checked and kept in the
state, and nothing else happens; each entry says why. Every other type is refused by name.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Final

from sandbox.providers.aws import schemas, sdk
from sandbox.providers.aws.handler import Handler, Scope
from sandbox.providers.base import Props, ProviderError

BACKED: Final[Mapping[str, str]] = {
    "aws:ec2/vpc:Vpc": "network",
    "aws:ec2/subnet:Subnet": "network",
    "aws:ec2/internetGateway:InternetGateway": "gateways",
    "aws:ec2/eip:Eip": "gateways",
    "aws:ec2/natGateway:NatGateway": "gateways",
    "aws:ec2/routeTable:RouteTable": "routes",
    "aws:ec2/route:Route": "routes",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "routes",
    "aws:ec2/securityGroup:SecurityGroup": "security_groups",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "security_groups",
    "aws:ec2/securityGroupRule:SecurityGroupRule": "security_rules",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "security_rules",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "security_rules",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "endpoints",
    "aws:ec2/flowLog:FlowLog": "endpoints",
    "aws:ec2/launchTemplate:LaunchTemplate": "launch_templates",
    "aws:iam/role:Role": "iam",
    "aws:iam/rolePolicy:RolePolicy": "iam",
    "aws:iam/instanceProfile:InstanceProfile": "iam",
    "aws:iam/policy:Policy": "iam_policies",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "iam_policies",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "iam_policies",
    "aws:kms/key:Key": "kms",
    "aws:kms/alias:Alias": "kms",
    "aws:kms/keyPolicy:KeyPolicy": "kms",
    "aws:s3/bucket:Bucket": "s3_bucket",
    "aws:s3/bucketVersioning:BucketVersioning": "s3_settings",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "s3_settings",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "s3_settings",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "s3_settings",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "s3_settings",
    "aws:s3/bucketPolicy:BucketPolicy": "s3_settings",
    "aws:s3/bucketLogging:BucketLogging": "s3_settings",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "s3_settings",
    "aws:s3/bucketNotification:BucketNotification": "s3_settings",
    "aws:s3/bucketObjectv2:BucketObjectv2": "s3_object",
    "aws:sqs/queue:Queue": "sqs",
    "aws:sqs/queuePolicy:QueuePolicy": "sqs",
    "aws:secretsmanager/secret:Secret": "secretsmanager",
    "aws:secretsmanager/secretVersion:SecretVersion": "secretsmanager",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "secretsmanager",
    "aws:secretsmanager/secretRotation:SecretRotation": "secretsmanager",
    "aws:backup/vault:Vault": "backup",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": "backup",
    "aws:backup/plan:Plan": "backup",
    "aws:backup/selection:Selection": "backup",
    "aws:cloudtrail/trail:Trail": "cloudtrail",
    "aws:cloudwatch/logGroup:LogGroup": "observe",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "observe",
    "aws:datasync/s3Location:S3Location": "datasync",
    "aws:datasync/nfsLocation:NfsLocation": "datasync",
    "aws:datasync/task:Task": "datasync",
    "aws:cloudwatch/eventRule:EventRule": "observe",
    "aws:cloudwatch/eventTarget:EventTarget": "observe",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "observe",
    "aws:ecr/repository:Repository": "ecr",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "ecr",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "ecr",
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": "ecr",
    "aws:eks/cluster:Cluster": "eks",
    "aws:eks/nodeGroup:NodeGroup": "eks",
    "aws:eks/addon:Addon": "eks",
    "aws:eks/accessEntry:AccessEntry": "eks_access",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "eks_access",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "eks_access",
    "aws:rds/subnetGroup:SubnetGroup": "rds",
    "aws:rds/parameterGroup:ParameterGroup": "rds",
    "aws:rds/instance:Instance": "rds",
    "aws:elasticache/subnetGroup:SubnetGroup": "elasticache",
    "aws:elasticache/parameterGroup:ParameterGroup": "elasticache",
    "aws:elasticache/replicationGroup:ReplicationGroup": "elasticache",
}
"""Type → the module in ``sandbox/providers/aws/services``; the handler bears the type's own name."""

_NO_SITE: Final = "no site stands at the other end of the emulated account"

RECORDED: Final[Mapping[str, str]] = {
    "aws:ec2/vpnGateway:VpnGateway": _NO_SITE,
    "aws:ec2/customerGateway:CustomerGateway": _NO_SITE,
    "aws:ec2/vpnConnection:VpnConnection": _NO_SITE,
    "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": _NO_SITE,
    "aws:directconnect/gatewayAssociation:GatewayAssociation": _NO_SITE,
    "aws:route53/resolverEndpoint:ResolverEndpoint": _NO_SITE,
    "aws:route53/resolverRule:ResolverRule": _NO_SITE,
    "aws:route53/resolverRuleAssociation:ResolverRuleAssociation": _NO_SITE,
    "aws:cfg/recorder:Recorder": "the emulated AWS records no changes, whether asked to or not",
    "aws:cfg/deliveryChannel:DeliveryChannel": "the emulated AWS has no recorded changes to deliver",
    "aws:cfg/recorderStatus:RecorderStatus": "the emulated AWS records no changes, so nothing is started",
    "aws:securityhub/account:Account": "the emulated AWS has no findings to collect",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": "the emulated AWS has no spending to watch",
    "aws:costexplorer/anomalySubscription:AnomalySubscription": "the emulated AWS has no spending to report",
}
"""Type → why it is only recorded."""

INVOKES: Final[Mapping[str, str]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": "identity:caller_identity",
    "aws:index/getRegion:getRegion": "identity:region",
    "aws:index/getPartition:getPartition": "identity:partition",
    "aws:index/getAvailabilityZones:getAvailabilityZones": "identity:availability_zones",
    "aws:index/getServicePrincipal:getServicePrincipal": "identity:service_principal",
    "aws:index/getArn:getArn": "identity:parse_arn",
    "aws:index/arnParse:arnParse": "identity:parse_arn",
    "aws:iam/getPolicyDocument:getPolicyDocument": "policy_document:policy_document",
    "aws:iam/getRole:getRole": "lookups:role",
    "aws:secretsmanager/getRandomPassword:getRandomPassword": "lookups:random_password",
    "aws:secretsmanager/getSecretVersion:getSecretVersion": "lookups:secret_version",
    "aws:ssm/getParameter:getParameter": "lookups:parameter",
    "aws:eks/getCluster:getCluster": "lookups:cluster",
    "aws:eks/getClusterAuth:getClusterAuth": "lookups:cluster_auth",
    "aws:eks/getAddonVersion:getAddonVersion": "lookups:addon_version",
    "aws:ec2/getVpc:getVpc": "lookups:vpc",
    "aws:ec2/getSubnet:getSubnet": "lookups:subnet",
    "aws:ec2/getSubnets:getSubnets": "lookups:subnets",
    "aws:ec2/getAmi:getAmi": "lookups:ami",
}
"""Data source → the function in ``sandbox/providers/aws/sources``."""


@functools.cache
def handler_for(type_: str) -> Handler:
    """The type's handler. Raises :class:`ProviderError` for a type that is not in the list."""
    module = BACKED.get(type_)
    if module is not None:
        services = importlib.import_module(f"sandbox.providers.aws.services.{module}")
        found: type[Handler] = getattr(services, type_.rsplit(":", 1)[-1])
        handler: Handler = found()
        return handler
    if type_ in RECORDED:
        from sandbox.providers.aws.recorded import Recorded  # noqa: PLC0415 - most runs record nothing

        return Recorded(type_)
    raise ProviderError(_refusal(type_))


def warm() -> None:
    """Read what every backed type's first use would read: its handler, the SDK's types, AWS's schema."""
    for type_ in BACKED:
        handler = handler_for(type_)
        sdk.type_info(type_)
        if handler.cfn:
            schemas.schema(handler.cfn)


def _refusal(type_: str) -> str:
    if type_ not in sdk.tokens():
        return f"unrecognized resource type {type_}: pulumi-aws has none of that name. Check the type token."
    return (
        f"{type_} is not emulated: a rehearsal that took it would prove nothing, so it is refused. "
        "Add a handler to sandbox/providers/aws/services and list it in sandbox/providers/aws/table.py, or "
        "list it there as recorded with the reason; or use the official plugin (--providers aws=real)."
    )


@functools.cache
def invoke_for(token: str) -> Callable[[Scope, Props], Props]:
    """The data source's function. Raises :class:`ProviderError` for one that is not in the list."""
    entry = INVOKES.get(token)
    if entry is None:
        raise ProviderError(
            f"the data source {token} is not emulated, so its answer would be made up; it is refused. "
            "Add a function to sandbox/providers/aws/sources and list it in sandbox/providers/aws/table.py."
        )
    module, name = entry.split(":")
    found: Callable[[Scope, Props], Props] = getattr(
        importlib.import_module(f"sandbox.providers.aws.sources.{module}"), name
    )
    return found
