"""What Karpenter's controller may do: only with machines that carry this cluster's tags.

Follows the statements documented for v1.12 (its getting-started guide), less what Ferry does not use: the
instance profile is made by the program, so Karpenter neither makes nor tags nor deletes one.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.iam import Conditions, Statement

NODEPOOL_TAG = "karpenter.sh/nodepool"
OWNER_TAG = "eks:eks-cluster-name"
_MADE = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
"""Kinds of things that come into being when a node is started."""
_FOUND = ("security-group", "subnet", "capacity-reservation", "placement-group")
"""Kinds of things that a node is started with."""
_SEEN = (
    "CapacityReservations",
    "Images",
    "Instances",
    "InstanceStatus",
    "InstanceTypeOfferings",
    "InstanceTypes",
    "LaunchTemplates",
    "PlacementGroups",
    "SecurityGroups",
    "SpotPriceHistory",
    "Subnets",
)
"""What EC2 describes to Karpenter."""
_LATE = "ids are given when the machine is made; the conditions bind the statement to this cluster's tags"


@dataclass(frozen=True)
class Place:
    """Whose machines: everything in the policy is bound to these.

    Attributes:
        cluster: name.
        region: of the cluster.
        account: of the cluster.
        node_role_arn: the one role that may be given to a machine.
        profile_arn: the one instance profile.
        queue_arn: where interruptions are told.
    """

    cluster: str
    region: str
    account: str
    node_role_arn: str
    profile_arn: str
    queue_arn: str

    @property
    def owned(self) -> str:
        """Tag key that says "this cluster's", with the value ``owned``."""
        return f"kubernetes.io/cluster/{self.cluster}"

    def ec2(self, kind: str, *, public: bool = False) -> str:
        """ARN of every ``kind`` in the region: of this account, or of those who publish images."""
        return f"arn:aws:ec2:{self.region}:{'' if public else self.account}:{kind}/*"


def statements(place: Place) -> list[Statement]:
    """The whole policy."""
    return [*_start(place), *_tag(place), _end(place), *_give_role(place), *_listen(place), *_look(place)]


def _requested(place: Place) -> Conditions:
    """The call puts this cluster's tags on what it makes."""
    return {
        "StringEquals": {
            f"aws:RequestTag/{place.owned}": "owned",
            f"aws:RequestTag/{OWNER_TAG}": place.cluster,
        },
        "StringLike": {f"aws:RequestTag/{NODEPOOL_TAG}": "*"},
    }


def _existing(place: Place) -> Conditions:
    """The thing carries this cluster's tags already."""
    return {
        "StringEquals": {f"aws:ResourceTag/{place.owned}": "owned"},
        "StringLike": {f"aws:ResourceTag/{NODEPOOL_TAG}": "*"},
    }


def _start(place: Place) -> list[Statement]:
    found = [place.ec2(kind, public=True) for kind in ("image", "snapshot")]
    found += [place.ec2(kind) for kind in _FOUND]
    return [
        Statement(
            sid="StartWithWhatIsThere",
            actions=["ec2:RunInstances", "ec2:CreateFleet"],
            resources=found,
            reason="which image, subnet and group a node gets is chosen by tags while it runs",
        ),
        Statement(
            sid="StartFromOwnTemplates",
            actions=["ec2:RunInstances", "ec2:CreateFleet"],
            resources=[place.ec2("launch-template")],
            conditions=_existing(place),
            reason=_LATE,
        ),
        Statement(
            sid="StartTagged",
            actions=["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"],
            resources=[place.ec2(kind) for kind in _MADE],
            conditions=_requested(place),
            reason=_LATE,
        ),
    ]


def _tag(place: Place) -> list[Statement]:
    asked = _requested(place)
    makes = ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]
    return [
        Statement(
            sid="TagWhileStarting",
            actions=["ec2:CreateTags"],
            resources=[place.ec2(kind) for kind in _MADE],
            conditions={**asked, "StringEquals": {**asked["StringEquals"], "ec2:CreateAction": makes}},
            reason=_LATE,
        ),
        Statement(
            sid="NameOwnInstances",
            actions=["ec2:CreateTags"],
            resources=[place.ec2("instance")],
            conditions={
                **_existing(place),
                "StringEqualsIfExists": {f"aws:RequestTag/{OWNER_TAG}": place.cluster},
                "ForAllValues:StringEquals": {"aws:TagKeys": [OWNER_TAG, "karpenter.sh/nodeclaim", "Name"]},
            },
            reason=_LATE,
        ),
    ]


def _end(place: Place) -> Statement:
    return Statement(
        sid="EndOwn",
        actions=["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
        resources=[place.ec2("instance"), place.ec2("launch-template")],
        conditions=_existing(place),
        reason=_LATE,
    )


def _give_role(place: Place) -> list[Statement]:
    return [
        Statement(
            sid="GiveNodesTheirRole",
            actions=["iam:PassRole"],
            resources=[place.node_role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        ),
        Statement(
            sid="ReadProfiles",
            actions=["iam:GetInstanceProfile"],
            resources=[
                place.profile_arn,
                f"arn:aws:iam::{place.account}:instance-profile/{place.cluster}_*",
            ],
            reason="before a node class goes, Karpenter asks for a profile that an older version might have "
            "made, by a name that ends in a hash; refused instead of not found, it would never let go",
        ),
    ]


def _listen(place: Place) -> list[Statement]:
    return [
        Statement(
            sid="HearOfInterruptions",
            actions=["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            resources=[place.queue_arn],
        ),
        Statement(
            sid="FindTheCluster",
            actions=["eks:DescribeCluster"],
            resources=[f"arn:aws:eks:{place.region}:{place.account}:cluster/{place.cluster}"],
        ),
    ]


def _look(place: Place) -> list[Statement]:
    return [
        Statement(
            sid="LookAround",
            actions=[f"ec2:Describe{what}" for what in _SEEN],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": place.region}},
            reason="EC2 knows no resource for Describe calls; the condition keeps them to the region",
        ),
        Statement(
            sid="ReadPublishedImages",
            actions=["ssm:GetParameter"],
            resources=[f"arn:aws:ssm:{place.region}::parameter/aws/service/*"],
            reason="AWS's own public parameters, which name images by version",
        ),
        Statement(
            sid="ReadPrices",
            actions=["pricing:GetProducts"],
            resources=["*"],
            reason="the price list has no resources",
        ),
        Statement(
            sid="ListProfiles",
            actions=["iam:ListInstanceProfiles"],
            resources=["*"],
            reason="IAM knows no resource for the list; Karpenter looks for profiles it left behind",
        ),
    ]
