"""The stand-ins' view of the emulated AWS: what the cluster's own controllers would ask."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.worldspec import WorldSpec

Answer = Mapping[str, Any]

_NO_SUCH_CALL = {httpx.codes.NOT_FOUND, httpx.codes.NOT_IMPLEMENTED}
_MISSING = {"ResourceNotFoundException", "404", "NotFoundException"}


class Aws:
    """Reads node groups, subnets and instance types; makes and removes volumes and load balancers."""

    def __init__(self, spec: WorldSpec) -> None:
        self._cluster = spec.cluster_name
        self._subnets: dict[str, Answer] = {}
        keys = spec.environment()
        session = boto3.Session(
            keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], region_name=spec.region
        )
        config = Config(user_agent_extra="ferry-rehearsal", retries={"max_attempts": 1})
        self.eks = session.client("eks", endpoint_url=spec.aws_endpoint, config=config)
        self.ec2 = session.client("ec2", endpoint_url=spec.aws_endpoint, config=config)
        self.elb = session.client("elbv2", endpoint_url=spec.aws_endpoint, config=config)

    def cluster(self) -> Answer | None:
        """The cluster as EKS describes it, or None where there is none."""
        try:
            answer: Answer = self.eks.describe_cluster(name=self._cluster)["cluster"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        return answer

    def node_groups(self) -> list[Answer]:
        """The cluster's managed node groups; none where there is no cluster."""
        try:
            names = self.eks.list_nodegroups(clusterName=self._cluster)["nodegroups"]
            return [
                self.eks.describe_nodegroup(clusterName=self._cluster, nodegroupName=name)["nodegroup"]
                for name in names
            ]
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return []
            raise

    def has_addon(self, name: str) -> bool:
        """Whether an add-on is installed; an emulator that knows no add-ons is taken to have them all."""
        try:
            return name in self.eks.list_addons(clusterName=self._cluster)["addons"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING - {"404"}:
                return False  # no cluster, no add-on
            return error.response["ResponseMetadata"]["HTTPStatusCode"] in _NO_SUCH_CALL

    def subnets(self, ids: list[str]) -> list[Answer]:
        """Subnets by id, in the order given; asked once, because a subnet's range and zone never change."""
        unknown = [identity for identity in ids if identity not in self._subnets]
        if unknown:
            answer = self.ec2.describe_subnets(SubnetIds=unknown)["Subnets"]
            self._subnets.update({item["SubnetId"]: item for item in answer})
        return [self._subnets[identity] for identity in ids if identity in self._subnets]

    @functools.cache  # noqa: B019 - lives as long as the process, as do the facts
    def instance_type(self, name: str) -> Answer:
        """Hardware of an instance type."""
        answer: Answer = self.ec2.describe_instance_types(InstanceTypes=[name])["InstanceTypes"][0]
        return answer

    def make_volume(
        self, name: str, zone: str, gib: int, parameters: Mapping[str, str], claim: Mapping[str, Any]
    ) -> str:
        """Create an EBS volume, tagged as the CSI driver tags it, and return its id."""
        tags = {
            "CSIVolumeName": name,
            "ebs.csi.aws.com/cluster": "true",
            f"kubernetes.io/cluster/{self._cluster}": "owned",
            "kubernetes.io/created-for/pvc/name": claim["metadata"]["name"],
            "kubernetes.io/created-for/pvc/namespace": claim["metadata"]["namespace"],
        }
        key = {"KmsKeyId": parameters["kmsKeyId"]} if parameters.get("kmsKeyId") else {}
        answer = self.ec2.create_volume(
            AvailabilityZone=zone,
            Size=gib,
            VolumeType=parameters.get("type", "gp3"),
            Encrypted=parameters.get("encrypted") == "true",
            TagSpecifications=[{"ResourceType": "volume", "Tags": _tags(tags)}],
            **key,
        )
        return str(answer["VolumeId"])

    def tagged_subnets(self, tag: str) -> list[str]:
        """Ids of the cluster's VPC's subnets that carry a tag; none where there is no cluster."""
        ids = (self.cluster() or {}).get("resourcesVpcConfig", {}).get("subnetIds") or []
        vpcs = sorted({subnet["VpcId"] for subnet in self.subnets(list(ids))})
        if not vpcs:
            return []
        filters = [{"Name": "vpc-id", "Values": vpcs}, {"Name": "tag-key", "Values": [tag]}]
        return [item["SubnetId"] for item in self.ec2.describe_subnets(Filters=filters)["Subnets"]]

    def make_balancer(self, name: str, scheme: str, subnets: list[str]) -> str:
        """Create a network load balancer and return its host name; the same name gives the same one.

        AWS itself answers a repeated creation with the one that is there; moto would make a second.
        """
        for balancer in self._balancers(name):
            return str(balancer["DNSName"])
        tags = {"elbv2.k8s.aws/cluster": self._cluster}
        answer = self.elb.create_load_balancer(
            Name=name, Type="network", Scheme=scheme, Subnets=subnets, Tags=_tags(tags)
        )
        return str(answer["LoadBalancers"][0]["DNSName"])

    def remove_balancer(self, name: str) -> None:
        """Delete a load balancer; one that is not there is no error."""
        for balancer in self._balancers(name):
            self.elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])

    def _balancers(self, name: str) -> list[Answer]:
        """Load balancers of that name; none is no error."""
        try:
            found: list[Answer] = self.elb.describe_load_balancers(Names=[name])["LoadBalancers"]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"LoadBalancerNotFound", "LoadBalancerNotFoundException"}:
                return []
            raise
        return found


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
