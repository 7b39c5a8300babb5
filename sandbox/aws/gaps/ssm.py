"""EKS node images: the dated SSM parameters that Karpenter resolves, and the images behind them.

AWS publishes one parameter per Kubernetes version, architecture, variant and release; moto publishes none. A
parameter of the right form is made when it is first asked for, so that any pinned alias works as on AWS.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami

from sandbox.aws.gaps.asking import PASS, Ask, Gap

_OWNER = "602401143452"
"""The account that owns EKS's images in the commercial regions (EKS user guide)."""
_FORM = re.compile(
    r"/aws/service/eks/optimized-ami/(?P<version>[\d.]+)/amazon-linux-2023/(?P<arch>x86_64|arm64)/"
    r"(?P<variant>standard|nvidia|neuron)/(?P<name>recommended|amazon-eks-node-al2023-[\w.-]+-v\d{8})/image_id"
)
_RECOMMENDED = "v20261101"
"""What ``recommended`` means here; a program that pins its image never asks for it."""


def parameter(ask: Ask) -> object:
    """GetParameter for an image of AWS's naming; every other parameter is moto's."""
    name = str(ask.params.get("Name", ""))
    found = _FORM.fullmatch(name)
    if found is None:
        return PASS
    prefix = "amazon-eks-node-al2023-{arch}-{variant}-{version}-".format(**found.groupdict())
    image = prefix + _RECOMMENDED if found["name"] == "recommended" else found["name"]
    if not image.startswith(prefix):
        return PASS  # AWS has no such parameter, and neither has moto
    return {
        "Parameter": {
            "Name": name,
            "Type": "String",
            "Value": publish(ask.account, ask.region, image, found["arch"]),
            "Version": 1,
            "LastModifiedDate": datetime.now(UTC),
            "ARN": f"arn:aws:ssm:{ask.region}::parameter{name}",
            "DataType": "text",
        }
    }


def publish(account: str, region: str, name: str, architecture: str) -> str:
    """The id of the public image of that name; registered now if it was not."""
    image_id = "ami-" + hashlib.sha256(f"{region}/{name}".encode()).hexdigest()[:17]
    ec2 = ec2_backends[account][region]
    if image_id not in ec2.amis:
        ec2.amis[image_id] = Ami(
            ec2,
            image_id,
            name=name,
            description="EKS-optimized Kubernetes node, AmazonLinux2023",
            owner_id=_OWNER,
            owner_alias="amazon",
            public=True,
            virtualization_type="hvm",
            architecture=architecture,
            root_device_type="ebs",
            root_device_name="/dev/xvda",
            region_name=f"{region}a",
        )
    return image_id


GAP = Gap("ssm", {"GetParameter": parameter})
