"""Values with a meaning: an account id, a region, a zone, a GPU size. Pure; nothing here asks AWS.

Each type refuses a wrong value with :class:`MisfitError`: what is wrong, and a right example to copy. The
lists are dated facts; a newer value of AWS is one line here.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Collection
from typing import Annotated

from pydantic import AfterValidator


class MisfitError(ValueError):
    """A value that cannot be right.

    Attributes:
        fact: what is wrong with it, in one sentence without a full stop at its end.
        example: a right value as one would write it in YAML; ``None`` takes the example of the field.
    """

    def __init__(self, fact: str, example: str | None = None) -> None:
        self.fact = fact
        self.example = example
        super().__init__(fact if example is None else f"{fact}; a right value: {example}")


# fmt: off
REGIONS = frozenset(
    # AWS's commercial regions as of October 2026 that offer EKS; GovCloud and China are other partitions.
    {
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
        "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
        "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1",
        "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
        "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
        "us-west-1", "us-west-2",
    }
)
# fmt: on

GPUS_PER_SIZE: dict[str, dict[str, int]] = {
    # AWS's own figures for each size of the family; requirement A3 admits g4dn only.
    "g4dn": {
        "xlarge": 1,
        "2xlarge": 1,
        "4xlarge": 1,
        "8xlarge": 1,
        "16xlarge": 1,
        "12xlarge": 4,
        "metal": 8,
    },
}

KUBERNETES_VERSIONS = ("1.33", "1.34", "1.35", "1.36")
"""Versions in EKS's standard support in October 2026; an older control plane costs six times as much."""


RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 3653)
"""Days that CloudWatch Logs can keep a log group (its API's own list, up to ten years)."""

ADDONS = ("vpc-cni", "kube-proxy", "coredns", "aws-ebs-csi-driver")
"""EKS add-ons that the cluster has; without one of them pods get no address, name, service or volume."""

ENDPOINTS = (
    # Services that the platform talks to from private subnets; S3 by a gateway, the rest by interfaces.
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "elasticloadbalancing",
    "kms",
    "logs",
    "monitoring",
    "rds",
    "s3",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
)


def _matching(pattern: str, what: str, example: str) -> Callable[[str], str]:
    """A validator for text of one form; ``what`` completes the sentence '"x" is not …'."""
    form = re.compile(pattern)

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise MisfitError(f'"{value}" is not {what}', example)
        return value

    return check


def _one_of(known: Collection[str], what: str) -> Callable[[str], str]:
    """A validator for one of a few words; the nearest is the example."""

    def check(value: str) -> str:
        if value not in known:
            near = difflib.get_close_matches(value, known, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(sorted(known))}"
            raise MisfitError(f'"{value}" is not {what}; {hint}', near[0] if near else None)
        return value

    return check


def _retention(value: int) -> int:
    if value not in RETENTION_DAYS:
        near = min(RETENTION_DAYS, key=lambda days: abs(days - value))
        raise MisfitError(
            f"CloudWatch cannot keep logs for {value} days; {near} is the nearest it can", str(near)
        )
    return value


def _region(value: str) -> str:
    if value not in REGIONS:
        raise MisfitError(f'"{value}" is not a region of AWS that offers EKS', "us-east-1")
    return value


def _cidr(value: str) -> str:
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        raise MisfitError(f'"{value}" is not a range of IPv4 addresses ({error})', "10.20.0.0/16") from error
    if "/" not in value:
        raise MisfitError(f'"{value}" is one address without a prefix length', f"{value}/32")
    return value


def _ami_alias(value: str) -> str:
    if value.endswith("@latest"):
        raise MisfitError(
            f'"{value}" follows every new image, so nodes would change without a review', "al2023@v20260903"
        )
    pattern = r"(al2023|bottlerocket)@v?[0-9][0-9.]*"
    return _matching(pattern, "a dated image alias", "al2023@v20260903")(value)


def _kubernetes_version(value: str) -> str:
    if value not in KUBERNETES_VERSIONS:
        known = ", ".join(KUBERNETES_VERSIONS)
        raise MisfitError(
            f'"{value}" is not a Kubernetes version in EKS\'s standard support ({known})', '"1.35"'
        )
    return value


AccountId = Annotated[
    str, AfterValidator(_matching(r"[0-9]{12}", "the twelve digits of an AWS account", '"123456789012"'))
]
"""Twelve digits, quoted in YAML because they may begin with zeros."""

Region = Annotated[str, AfterValidator(_region)]
"""A commercial region of AWS, e.g. ``us-east-1``."""

Cidr = Annotated[str, AfterValidator(_cidr)]
"""A range of IPv4 addresses whose host bits are zero, e.g. ``10.20.0.0/16``."""

ZoneName = Annotated[
    str,
    AfterValidator(
        _matching(r"[a-z]{2}(-[a-z]+)+-[0-9][a-z]", "the name of an availability zone", "us-east-1a")
    ),
]
"""A zone by name (region and a letter); that it belongs to the region is judged where the region is known."""

InstanceType = Annotated[
    str, AfterValidator(_matching(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "an EC2 instance type", "m5.xlarge"))
]
"""An EC2 instance type, e.g. ``m5.xlarge``."""

CacheNodeType = Annotated[
    str,
    AfterValidator(
        _matching(r"cache\.[a-z][a-z0-9]*\.[a-z0-9]+", "a node type of ElastiCache", "cache.t3.medium")
    ),
]
"""A node type of ElastiCache; begins with ``cache.``."""

DbInstanceClass = Annotated[
    str,
    AfterValidator(_matching(r"db\.[a-z][a-z0-9]*\.[a-z0-9]+", "an instance class of RDS", "db.t4g.medium")),
]
"""An instance class of RDS; begins with ``db.``."""

AmiAlias = Annotated[str, AfterValidator(_ami_alias)]
"""A pinned EKS image alias of Karpenter, e.g. ``al2023@v20260903``; ``@latest`` is refused."""

KubernetesVersion = Annotated[str, AfterValidator(_kubernetes_version)]
"""Major and minor version, quoted in YAML (1.30 unquoted is the number 1.3)."""

AddonVersion = Annotated[
    str,
    AfterValidator(
        _matching(
            r"v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+", "an add-on version of EKS", "v1.22.4-eksbuild.3"
        )
    ),
]
"""The full version of an EKS add-on, build included."""

ChartVersion = Annotated[
    str, AfterValidator(_matching(r"[0-9]+\.[0-9]+\.[0-9]+", "a full version of three numbers", '"1.12.1"'))
]
"""A chart's exact version."""

PrincipalArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]+",
            "the ARN of one IAM role or user",
            "arn:aws:iam::123456789012:role/ferry-operators",
        )
    ),
]
"""One IAM role or user; no wildcard, no account root."""

Duration = Annotated[
    str, AfterValidator(_matching(r"([0-9]+(s|m|h))+|Never", 'a duration, or "Never"', "30m"))
]
"""A duration as Kubernetes writes it (``30s``, ``10m``, ``720h``), or ``Never``."""

RepositoryName = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[a-z0-9]+([._/-][a-z0-9]+)*", "a repository name of ECR (lower case)", "ferry/model-server"
        )
    ),
]
"""A repository's path in ECR."""

EndpointName = Annotated[
    str, AfterValidator(_one_of(ENDPOINTS, "a service that Ferry reaches by a VPC endpoint"))
]
"""The short name of a VPC endpoint's service, e.g. ``ecr.api``."""

RetentionDays = Annotated[int, AfterValidator(_retention)]
"""Days that CloudWatch keeps logs; not every number is possible."""

AddonName = Annotated[str, AfterValidator(_one_of(ADDONS, "an add-on that Ferry installs"))]
"""The name of an EKS add-on."""

NamespaceName = Annotated[
    str, AfterValidator(_matching(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "a name of a namespace", "kubeflow"))
]
"""A Kubernetes namespace by its exact name; no pattern."""

EngineVersion = Annotated[
    str, AfterValidator(_matching(r"[0-9]+\.[0-9]+", "a version of two numbers (major and minor)", '"17.7"'))
]
"""Major and minor version of a data store's engine, quoted in YAML (7.10 unquoted is the number 7.1)."""

MysqlVersion = Annotated[
    str, AfterValidator(_matching(r"8\.4\.[0-9]+", "a version of MySQL 8.4 (three numbers)", '"8.4.7"'))
]
"""Version of MySQL; 8.0 is out of RDS's standard support since the summer of 2026."""

ImageDigest = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[a-z0-9.:/_-]+@sha256:[0-9a-f]{64}",
            "an image by its digest (a tag may point elsewhere tomorrow)",
            f"docker.io/library/redis@sha256:{'0' * 64}",
        )
    ),
]
"""A container image by digest, e.g. ``docker.io/library/redis@sha256:…``."""

SourceName = Annotated[
    str,
    AfterValidator(
        _matching(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", "a short name in lower case", "transactions-nfs")
    ),
]
"""Names the tasks and roles of one source; short, because IAM's names end at 64 characters."""

AgentArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws:datasync:[a-z0-9-]+:[0-9]{12}:agent/agent-[0-9a-f]{17}",
            "the ARN of an activated DataSync agent",
            "arn:aws:datasync:us-east-1:123456789012:agent/agent-0123456789abcdef0",
        )
    ),
]
"""An agent is a machine beside the data; its activation is done there, once, by hand."""

ServerName = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?", "a host name or an address", "nfs.example.com"
        )
    ),
]
"""As the agent sees it."""

BucketName = Annotated[
    str,
    AfterValidator(
        _matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket", "legacy-training-data")
    ),
]
"""A bucket that somebody else made."""

KeyArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-f-]{36}",
            "the ARN of a KMS key",
            "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
        )
    ),
]
"""The key that a bucket's objects are encrypted with."""

StorePath = Annotated[
    str,
    AfterValidator(
        _matching(r"(/[A-Za-z0-9._=-]+)+|/", "a path from the root, without a slash at its end", "/migrated")
    ),
]
"""A directory of a file server, or a prefix of a bucket; ``/`` is all of it."""

AwsSchedule = Annotated[
    str, AfterValidator(_matching(r"cron\([^()]+\)|rate\([^()]+\)", "a schedule of AWS", "cron(0 2 * * ? *)"))
]
"""AWS's cron expression (UTC) or rate."""

Digest = Annotated[
    str,
    AfterValidator(_matching(r"sha256:[0-9a-f]{64}", "the digest of an image", f"sha256:{'0' * 64}")),
]
"""The digest of an image whose repository is known, ``sha256:…``."""

Quantity = Annotated[
    str,
    AfterValidator(
        _matching(r"[1-9][0-9]*(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?", "an amount as Kubernetes writes it", "2Gi")
    ),
]
"""CPU or memory as Kubernetes writes it: ``500m``, ``2``, ``2Gi``."""

CronLine = Annotated[
    str,
    AfterValidator(_matching(r"([0-9*/,-]+ ){4}[0-9*/,-]+", "a cron line of five fields", "23 4 1 * *")),
]
"""When something happens, as cron writes it: minute, hour, day of the month, month, day of the week."""
Ipv4Address = Annotated[
    str,
    AfterValidator(
        _matching(
            r"((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(?=[0-9])|$)){4}", "an IPv4 address", "203.0.113.10"
        )
    ),
]
"""One address, without a prefix length."""

DxGatewayId = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "the id of a Direct Connect gateway",
            "12345678-1234-1234-1234-123456789012",
        )
    ),
]
"""A Direct Connect gateway by its id."""

DomainName = Annotated[
    str,
    AfterValidator(
        _matching(
            r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", "a domain in lower case", "corp.example.com"
        )
    ),
]
"""A domain without a dot at its end."""

HostName = Annotated[
    str,
    AfterValidator(
        _matching(
            r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
            "a full name of a host (lower case)",
            "ml.example.com",
        )
    ),
]
"""A full host name; ``*.`` in front stands for every name one level below."""

HttpsUrl = Annotated[
    str,
    AfterValidator(
        _matching(
            r"https://[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[^\s?#@]*)?",
            "an address that begins with https://, without a question or a password",
            "https://login.example.com/realms/ml",
        )
    ),
]
"""Something that is asked over TLS only."""

SlackChannel = Annotated[
    str,
    AfterValidator(
        _matching(r"#[a-z0-9][a-z0-9_-]{0,78}", "the name of a channel in Slack, which is no secret", '"#ml"')
    ),
]
"""A channel of Slack; its webhook is a secret and stands in no file."""

CertificateArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}",
            "the ARN of a certificate in ACM",
            "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
        )
    ),
]
"""A certificate that AWS Certificate Manager holds and renews."""
