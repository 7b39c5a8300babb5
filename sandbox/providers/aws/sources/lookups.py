"""Things that exist already, or that AWS makes up: clusters, parameters, secrets, roles, networks."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.providers.aws import clients
from sandbox.providers.aws.handler import Scope, given, tag_map
from sandbox.providers.aws.services.convert import to_aws
from sandbox.providers.aws.services.eks import Cluster
from sandbox.providers.aws.services.network import Subnet, Vpc
from sandbox.providers.base import Props, ProviderError

_TOKEN_PREFIX = "k8s-aws-v1."  # noqa: S105 - how every EKS token begins
_TOKEN_SECONDS = 60
"""Life of the signed address inside a token; EKS itself honours it for fifteen minutes."""


def random_password(aws: Scope, args: Props) -> Props:
    """``aws:secretsmanager/getRandomPassword:getRandomPassword``."""
    wanted = {key: value for key, value in args.items() if key not in ("randomPassword", "region")}
    made = aws.client("secretsmanager").get_random_password(**to_aws(wanted))
    return {**args, "randomPassword": made["RandomPassword"], "id": aws.region, "region": aws.region}


def secret_version(aws: Scope, args: Props) -> Props:
    """``aws:secretsmanager/getSecretVersion:getSecretVersion``."""
    found = aws.client("secretsmanager").get_secret_value(
        SecretId=args["secretId"],
        **given(VersionId=args.get("versionId"), VersionStage=args.get("versionStage")),
    )
    return {
        "arn": found["ARN"],
        "secretId": args["secretId"],
        "secretString": found.get("SecretString", ""),
        "secretBinary": base64.b64encode(found.get("SecretBinary", b"")).decode(),
        "versionId": found["VersionId"],
        "versionStages": found.get("VersionStages") or [],
        "versionStage": args.get("versionStage") or "AWSCURRENT",
        "createdDate": str(found.get("CreatedDate", "")),
        "id": f"{args['secretId']}|{found['VersionId']}",
        "region": aws.region,
    }


def parameter(aws: Scope, args: Props) -> Props:
    """``aws:ssm/getParameter:getParameter``."""
    decrypt = args.get("withDecryption") is not False
    found = aws.client("ssm").get_parameter(Name=args["name"], WithDecryption=decrypt)["Parameter"]
    value = found["Value"]
    return {
        "arn": found["ARN"],
        "name": found["Name"],
        "type": found["Type"],
        "value": value,
        "insecureValue": "" if found["Type"] == "SecureString" else value,
        "version": found["Version"],
        "withDecryption": decrypt,
        "id": found["Name"],
        "region": aws.region,
    }


def cluster(aws: Scope, args: Props) -> Props:
    """``aws:eks/getCluster:getCluster``."""
    live = Cluster().read(aws, args["name"], {})
    if live is None:
        raise ProviderError(f"no EKS cluster {args['name']} in {aws.region}. Check the name and the region.")
    one = live.pop("certificateAuthority")
    return {
        **live,
        "certificateAuthorities": [one],
        "id": args["name"],
        "tags": live.pop("tagsAll"),
        "region": aws.region,
    }


def cluster_auth(aws: Scope, args: Props) -> Props:
    """``aws:eks/getClusterAuth:getClusterAuth``: what ``aws eks get-token`` makes, a signed STS address."""
    address = f"https://sts.{aws.region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"x-k8s-aws-id": args["name"]}
    url = clients.presigned(aws.region, "sts", address, headers, _TOKEN_SECONDS)
    token = _TOKEN_PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return {"name": args["name"], "id": args["name"], "token": token, "region": aws.region}


def addon_version(aws: Scope, args: Props) -> Props:
    """``aws:eks/getAddonVersion:getAddonVersion``: the newest, or the default for the Kubernetes version."""
    versions = aws.client("eks").describe_addon_versions(
        addonName=args["addonName"], kubernetesVersion=args["kubernetesVersion"]
    )["addons"]
    known = [item for addon in versions for item in addon["addonVersions"]]
    if not known:
        raise ProviderError(
            f"EKS {args['kubernetesVersion']} has no add-on {args['addonName']}. "
            "Check the name and the version."
        )
    default = (item for item in known if _is_default(item))
    chosen = known[0] if args.get("mostRecent") else next(default, known[0])
    return {**args, "version": chosen["addonVersion"], "id": args["addonName"], "region": aws.region}


def _is_default(version: dict[str, Any]) -> bool:
    return any(fit.get("defaultVersion") for fit in version.get("compatibilities") or ())


def role(aws: Scope, args: Props) -> Props:
    """``aws:iam/getRole:getRole``."""
    from sandbox.providers.aws.services.iam import Role  # noqa: PLC0415 - only where it is asked for

    live = Role().read(aws, args["name"], {})
    if live is None:
        raise ProviderError(f"no IAM role {args['name']}. Check the name.")
    return {**live, "id": args["name"], "tags": live.pop("tagsAll")}


def vpc(aws: Scope, args: Props) -> Props:
    """``aws:ec2/getVpc:getVpc``: exactly one, by id, tags or filters."""
    filters = _filters(args, {"cidrBlock": "cidr-block", "state": "state"})
    found = aws.client("ec2").describe_vpcs(
        Filters=filters, **({"VpcIds": [args["id"]]} if args.get("id") else {})
    )
    only = _one("VPC", found["Vpcs"])
    live = Vpc().read(aws, only["VpcId"], {}) or {}
    return {
        **live,
        "id": only["VpcId"],
        "state": only["State"],
        "tags": live.pop("tagsAll", {}),
        "region": aws.region,
    }


def subnet(aws: Scope, args: Props) -> Props:
    """``aws:ec2/getSubnet:getSubnet``: exactly one."""
    filters = _filters(
        args, {"vpcId": "vpc-id", "cidrBlock": "cidr-block", "availabilityZone": "availability-zone"}
    )
    ids = {"SubnetIds": [args["id"]]} if args.get("id") else {}
    only = _one("subnet", aws.client("ec2").describe_subnets(Filters=filters, **ids)["Subnets"])
    live = Subnet().read(aws, only["SubnetId"], {}) or {}
    return {**live, "id": only["SubnetId"], "tags": live.pop("tagsAll", {}), "region": aws.region}


def subnets(aws: Scope, args: Props) -> Props:
    """``aws:ec2/getSubnets:getSubnets``: the ids, possibly none."""
    found = aws.client("ec2").describe_subnets(Filters=_filters(args, {}))["Subnets"]
    return {**args, "ids": sorted(item["SubnetId"] for item in found), "id": aws.region, "region": aws.region}


def ami(aws: Scope, args: Props) -> Props:
    """``aws:ec2/getAmi:getAmi``: exactly one, or the newest of several."""
    owners = {"Owners": args["owners"]} if args.get("owners") else {}
    images = aws.client("ec2").describe_images(Filters=_filters(args, {}), **owners)["Images"]
    images.sort(key=lambda image: str(image.get("CreationDate", "")), reverse=True)
    only = _one("AMI", images[:1] if args.get("mostRecent") else images)
    return {
        **args,
        "id": only["ImageId"],
        "imageId": only["ImageId"],
        "name": only.get("Name", ""),
        "architecture": only.get("Architecture", ""),
        "ownerId": only.get("OwnerId", ""),
        "creationDate": only.get("CreationDate", ""),
        "rootDeviceName": only.get("RootDeviceName", ""),
        "tags": tag_map(only.get("Tags")),
        "region": aws.region,
    }


def _filters(args: Props, named: dict[str, str]) -> list[dict[str, Any]]:
    chosen = [{"Name": item["name"], "Values": item["values"]} for item in args.get("filters") or ()]
    chosen += [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    return chosen + [{"Name": name, "Values": [args[key]]} for key, name in named.items() if args.get(key)]


def _one(what: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    if len(found) == 1:
        return found[0]
    problem = "no matching" if not found else f"multiple ({len(found)}) matching"
    raise ProviderError(
        f"{problem} EC2 {what} found. Use additional or other constraints to reduce matches to one."
    )
