"""Proves that, with a real API server and the emulated AWS, the stand-ins do what EKS and a chart's pods do.

The Karpenter here is the real one. What stays simulated: machines, kubelets, the bytes on a volume, the
traffic.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest

from sandbox.cluster import HANDLED
from sandbox.cluster.access import CLUSTER_HEADER, PREFIX
from sandbox.cluster.releases import encode
from sandbox.controlplane.client import ApiError, Client, Object
from sandbox.toolchain import Toolchain
from sandbox.world import World
from tests.worlds import decision

pytestmark = pytest.mark.controlplane

_WAIT_S = 90.0
_DISCOVERY = "karpenter.sh/discovery"


@dataclass
class Cloud:
    """A world with AWS, a control plane and stand-ins, and a cluster in it."""

    world: World
    kube: Client
    subnets: list[str]
    node_role: str
    controller_role: str

    def aws(self, service: str) -> Any:
        """A boto3 client of the emulated AWS."""
        spec = self.world.spec
        return boto3.client(
            service,
            endpoint_url=spec.aws_endpoint,
            region_name=spec.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator's root key
        )

    def install(self, name: str, values: dict[str, Any]) -> None:
        """Store a release as Helm does, and wait until the stand-ins have dealt with it."""
        document = {
            "name": name,
            "namespace": "kube-system",
            "version": 1,
            "info": {"status": "deployed"},
            "chart": {"metadata": {"name": name, "version": "1.12.1"}},
            "config": values,
        }
        self.kube.create({**self._secret(name), "data": {"release": encode(document)}})
        self.kube.wait(
            "v1",
            "Secret",
            self._secret(name)["metadata"]["name"],
            lambda found: ((found or {})["metadata"].get("annotations") or {}).get(HANDLED) == "true",
            namespace="kube-system",
            timeout_s=_WAIT_S,
        )

    def uninstall(self, name: str) -> None:
        """Remove a release as Helm does."""
        self.kube.delete(self._secret(name))

    def nodes(self, label: str) -> list[Object]:
        """Nodes that carry a label."""
        return self.kube.list("v1", "Node", labels=label)

    def _secret(self, name: str) -> Object:
        meta = {"name": f"sh.helm.release.v1.{name}.v1", "namespace": "kube-system"}
        return {"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "metadata": meta}


@pytest.fixture(scope="module")
def cloud(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Everything up: network, roles, cluster, add-on, one node group of two."""
    with World(decision(toolchain, tmp_path_factory.mktemp("cloud") / "world")) as world:
        world.start_aws()
        world.start_control_plane()
        world.start_cluster_agents()
        found = Cloud(world, Client.of(world.spec), [], "", "")
        make_network(found)
        make_roles(found)
        make_cluster(found)
        eventually(lambda: len(found.nodes("eks.amazonaws.com/nodegroup=system")) == 2)
        yield found


def make_network(cloud: Cloud) -> None:
    """A VPC with three tagged subnets and a tagged security group."""
    ec2 = cloud.aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    tags = {_DISCOVERY: cloud.world.spec.cluster_name, "kubernetes.io/role/elb": "1"}
    for number, zone in enumerate("abc"):
        answer = ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.0.{number}.0/24",
            AvailabilityZone=f"us-east-1{zone}",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": pairs(tags)}],
        )
        cloud.subnets.append(answer["Subnet"]["SubnetId"])
    ec2.create_security_group(
        GroupName="nodes",
        Description="nodes",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": pairs(tags)}],
    )


def make_roles(cloud: Cloud) -> None:
    """Karpenter's role, which only its service account may assume, and its nodes' role."""
    iam, issuer = cloud.aws("iam"), cloud.world.spec.issuer.removeprefix("https://")
    iam.create_open_id_connect_provider(
        Url=cloud.world.spec.issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["9" * 40]
    )
    federated = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{cloud.world.spec.account}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:sub": "system:serviceaccount:kube-system:karpenter",
                f"{issuer}:aud": "sts.amazonaws.com",
            }
        },
    }
    cloud.controller_role = role(iam, "karpenter", federated)
    cloud.node_role = role(iam, "karpenter-node", by_service("ec2"))
    anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="karpenter", PolicyName="all", PolicyDocument=json.dumps(anything))


def make_cluster(cloud: Cloud) -> None:
    """The EKS cluster, the EBS add-on and a node group."""
    eks, name = cloud.aws("eks"), cloud.world.spec.cluster_name
    cloud.aws("sqs").create_queue(QueueName=name)
    own = role(cloud.aws("iam"), "cluster", by_service("eks"))
    eks.create_cluster(
        name=name,
        roleArn=own,
        resourcesVpcConfig={"subnetIds": cloud.subnets},
        version="1.35",
        accessConfig={"authenticationMode": "API"},
    )
    eks.create_addon(clusterName=name, addonName="aws-ebs-csi-driver")
    eks.create_nodegroup(
        clusterName=name,
        nodegroupName="system",
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
        subnets=cloud.subnets,
        instanceTypes=["m5.xlarge"],
        nodeRole=cloud.node_role,
    )


@pytest.fixture(scope="module")
def karpenter(cloud: Cloud) -> Iterator[None]:
    """Definitions and controller, installed as a program would; a GPU pool of the two smallest sizes."""
    cloud.install("karpenter-crd", {})
    name = cloud.world.spec.cluster_name
    account = {"annotations": {"eks.amazonaws.com/role-arn": cloud.controller_role}}
    settings = {"clusterName": name, "interruptionQueue": name}
    cloud.install("karpenter", {"settings": settings, "serviceAccount": account})
    cloud.kube.apply(node_class(cloud))
    cloud.kube.apply(node_pool())
    yield
    cloud.kube.delete(node_pool())
    cloud.kube.delete(node_class(cloud))
    eventually(lambda: not cloud.kube.list("karpenter.k8s.aws/v1", "EC2NodeClass"))
    cloud.uninstall("karpenter")
    cloud.uninstall("karpenter-crd")
    eventually(lambda: cloud.kube.get(*CRD, "nodepools.karpenter.sh") is None)


CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


def test_node_group_has_ready_nodes_in_different_zones(cloud: Cloud) -> None:
    """A2."""
    eventually(lambda: all(ready(node) for node in cloud.nodes("eks.amazonaws.com/nodegroup=system")))
    nodes = cloud.nodes("eks.amazonaws.com/nodegroup=system")
    assert len({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}) == 2


def test_node_group_scaled_down_evicts_before_it_removes(cloud: Cloud) -> None:
    name = cloud.world.spec.cluster_name
    scale = {"minSize": 1, "maxSize": 3}
    cloud.aws("eks").update_nodegroup_config(
        clusterName=name, nodegroupName="system", scalingConfig={**scale, "desiredSize": 3}
    )
    eventually(lambda: len(cloud.nodes("eks.amazonaws.com/nodegroup=system")) == 3)
    cloud.aws("eks").update_nodegroup_config(
        clusterName=name, nodegroupName="system", scalingConfig={**scale, "desiredSize": 2}
    )
    eventually(lambda: len(cloud.nodes("eks.amazonaws.com/nodegroup=system")) == 2)


def test_claim_is_bound_to_a_volume_in_its_pods_zone_and_both_go(cloud: Cloud) -> None:
    """B9."""
    kube = cloud.kube
    kube.apply(storage_class())
    kube.create(stateful_set())
    kube.wait(
        "apps/v1", "StatefulSet", "db", lambda found: count(found, "readyReplicas") == 1, namespace="default"
    )
    [volume] = kube.list("v1", "PersistentVolume")
    pod = kube.get("v1", "Pod", "db-0", "default") or {}
    node = kube.get("v1", "Node", pod["spec"]["nodeName"]) or {}
    zone = node["metadata"]["labels"]["topology.kubernetes.io/zone"]
    [found] = cloud.aws("ec2").describe_volumes(VolumeIds=[volume["spec"]["csi"]["volumeHandle"]])["Volumes"]
    assert (found["AvailabilityZone"], found["Size"], found["Encrypted"]) == (zone, 5, True)
    kube.delete(stateful_set())
    [claim] = kube.list("v1", "PersistentVolumeClaim")
    kube.delete(claim)
    eventually(lambda: not kube.list("v1", "PersistentVolume"))
    eventually(lambda: not cloud.aws("ec2").describe_volumes()["Volumes"])


def test_service_gets_a_load_balancer_that_goes_before_it(cloud: Cloud) -> None:
    """B6: a Service is kept until its load balancer is gone, or a destroy would leave one behind."""
    meta = {"name": "gateway", "namespace": "default"}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": meta}
    cloud.kube.create({**service, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}})
    cloud.kube.wait(
        "v1", "Service", "gateway", lambda found: bool(addresses(found)), namespace="default", timeout_s=30
    )
    [balancer] = cloud.aws("elbv2").describe_load_balancers()["LoadBalancers"]
    found = cloud.kube.get("v1", "Service", "gateway", "default")
    assert addresses(found) == [{"hostname": balancer["DNSName"]}]
    cloud.kube.delete(service)
    eventually(lambda: cloud.kube.get("v1", "Service", "gateway", "default") is None)
    assert cloud.aws("elbv2").describe_load_balancers()["LoadBalancers"] == []


def test_chart_nobody_knows_is_marked_as_handled(cloud: Cloud) -> None:
    cloud.install("some-chart", {})
    cloud.uninstall("some-chart")


@pytest.mark.usefixtures("karpenter")
def test_real_karpenter_answers_a_gpu_pod_with_the_smallest_node_and_takes_it_away(cloud: Cloud) -> None:
    """A3: one GPU asked, one GPU given."""
    cloud.kube.create(gpu_job())
    cloud.kube.wait(
        "batch/v1",
        "Job",
        "gpu-check",
        lambda found: count(found, "succeeded") == 1,
        namespace="default",
        timeout_s=_WAIT_S,
    )
    [node] = cloud.nodes("karpenter.sh/nodepool=gpu")
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "g4dn.xlarge"
    assert node["status"]["allocatable"]["nvidia.com/gpu"] == "1"
    cloud.kube.delete(gpu_job())
    eventually(lambda: not cloud.nodes("karpenter.sh/nodepool=gpu"))


@pytest.mark.usefixtures("karpenter")
def test_karpenter_calls_aws_as_its_service_accounts_role(cloud: Cloud) -> None:
    """A4: with a token of the API server's, exchanged at STS; no static key reaches it."""
    lines = cloud.world.spec.calls.read_text().splitlines()
    calls = [json.loads(line) for line in lines]
    assert any(":assumed-role/karpenter/" in str(call["principal"]) for call in calls)


@pytest.mark.usefixtures("karpenter")
def test_what_is_simulated_is_said(cloud: Cloud) -> None:
    said = json.loads(cloud.world.spec.simulated.read_text())
    assert any("Karpenter" in sentence for sentence in said)
    assert any("node groups" in sentence for sentence in said)


def test_person_with_an_access_entry_sees_the_cluster_and_may_not_change_it(cloud: Cloud) -> None:
    """A2: an access entry with AWS's view policy, and a token as ``aws eks get-token`` makes it."""
    arn = role(cloud.aws("iam"), "analyst", by_people_of(cloud.world.spec.account))
    stranger = as_role(cloud, arn)
    with pytest.raises(ApiError) as caught:
        stranger.list("v1", "Pod")
    assert caught.value.status == httpx.codes.UNAUTHORIZED
    eks, name = cloud.aws("eks"), cloud.world.spec.cluster_name
    eks.create_access_entry(clusterName=name, principalArn=arn)
    eks.associate_access_policy(
        clusterName=name,
        principalArn=arn,
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        accessScope={"type": "namespace", "namespaces": ["default"]},
    )
    analyst = as_role(cloud, arn)
    eventually(lambda: answers(lambda: analyst.list("v1", "Pod", "default")))
    for refused in (
        lambda: analyst.list("v1", "Pod", "kube-system"),
        lambda: analyst.list("v1", "Secret", "default"),
        lambda: analyst.create(config_map()),
    ):
        with pytest.raises(ApiError) as caught:
            refused()
        assert caught.value.status == httpx.codes.FORBIDDEN


def as_role(cloud: Cloud, arn: str) -> Client:
    """A client with the token that the AWS CLI would make for a session of a role."""
    spec = cloud.world.spec
    keys = cloud.aws("sts").assume_role(RoleArn=arn, RoleSessionName="anna")["Credentials"]
    session = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=spec.region
    )
    sts = session.client("sts", endpoint_url=spec.aws_endpoint)

    def name_cluster(request: Any, **_: Any) -> None:
        request.headers[CLUSTER_HEADER] = spec.cluster_name

    sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_cluster)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    token = PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return Client(spec.apiserver, token, spec.ca_file)


def answers(call: Callable[[], object]) -> bool:
    """Whether the API server lets a call through."""
    try:
        call()
    except ApiError:
        return False
    return True


def config_map() -> Object:
    """Something that a viewer may not make."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made", "namespace": "default"}}


def eventually(condition: Callable[[], bool]) -> None:
    """Fail if it does not come true in time."""
    ends = time.monotonic() + _WAIT_S
    while not condition():
        if time.monotonic() > ends:
            pytest.fail(f"not within {_WAIT_S:.0f} s")
        time.sleep(0.25)


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as EC2 wants them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def by_service(service: str) -> dict[str, Any]:
    """A trust statement for a service of AWS."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def by_people_of(account: str) -> dict[str, Any]:
    """A trust statement for whoever the account itself lets in."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def role(iam: Any, name: str, statement: dict[str, Any]) -> str:
    """A role that a statement lets somebody assume."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])


def ready(node: Object) -> bool:
    """Whether a node says it is ready."""
    conditions = node["status"].get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def count(found: Object | None, key: str) -> int:
    """A figure of an object's status."""
    return int(((found or {}).get("status") or {}).get(key) or 0)


def addresses(found: Object | None) -> list[Any]:
    """Where a Service of type LoadBalancer is reached."""
    return list((found or {}).get("status", {}).get("loadBalancer", {}).get("ingress") or [])


def storage_class() -> Object:
    """The class a program makes its default."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "gp3"},
        "provisioner": "ebs.csi.aws.com",
        "volumeBindingMode": "WaitForFirstConsumer",
        "parameters": {"type": "gp3", "encrypted": "true"},
    }


def stateful_set() -> Object:
    """One pod with one claim."""
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "gp3",
            "resources": {"requests": {"storage": "5Gi"}},
        },
    }
    mounts = [{"name": "data", "mountPath": "/data"}]
    template = {
        "metadata": {"labels": {"app": "db"}},
        "spec": {"containers": [{"name": "db", "image": "none", "volumeMounts": mounts}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "default"},
        "spec": {
            "serviceName": "db",
            "replicas": 1,
            "selector": {"matchLabels": {"app": "db"}},
            "template": template,
            "volumeClaimTemplates": [claim],
        },
    }


def gpu_job() -> Object:
    """The check that asks for one GPU."""
    container = {
        "name": "check",
        "image": "none",
        "command": ["nvidia-smi"],
        "resources": {"limits": {"nvidia.com/gpu": "1"}},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "gpu-check", "namespace": "default"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }


def node_class(cloud: Cloud) -> Object:
    """Subnets and security groups by tag, and an image that the emulator has."""
    tags = [{"tags": {_DISCOVERY: cloud.world.spec.cluster_name}}]
    images = cloud.aws("ec2").describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])[
        "Images"
    ]
    image = next(item["ImageId"] for item in images if item.get("BlockDeviceMappings"))
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": "gpu"},
        "spec": {
            "role": "karpenter-node",
            "amiFamily": "AL2023",
            "amiSelectorTerms": [{"id": image}],
            "subnetSelectorTerms": tags,
            "securityGroupSelectorTerms": tags,
        },
    }


def node_pool() -> Object:
    """GPU nodes of the two smallest sizes."""
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"}
    requirements = [
        {
            "key": "node.kubernetes.io/instance-type",
            "operator": "In",
            "values": ["g4dn.xlarge", "g4dn.2xlarge"],
        },
        {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
    ]
    taints = [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]
    template = {"spec": {"nodeClassRef": reference, "requirements": requirements, "taints": taints}}
    disruption = {"consolidateAfter": "1s", "consolidationPolicy": "WhenEmptyOrUnderutilized"}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "gpu"},
        "spec": {"template": template, "disruption": disruption},
    }
