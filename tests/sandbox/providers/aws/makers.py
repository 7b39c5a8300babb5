"""Prerequisites that tests share: each makes one thing, with what it needs, through the provider."""

from __future__ import annotations

from typing import Any

from sandbox.providers.base import Props
from tests.sandbox.providers.aws.bench import REGION, Bench, Made, trust


def vpc(bench: Bench) -> Made:
    return bench.make("aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")


def subnets(bench: Bench, count: int = 2) -> tuple[Made, list[str]]:
    net = vpc(bench)
    made = [
        bench.make(
            "aws:ec2/subnet:Subnet",
            vpcId=net.id,
            cidrBlock=f"10.0.{index}.0/24",
            availabilityZone=f"{REGION}{'abc'[index]}",
        )
        for index in range(count)
    ]
    return net, [subnet.id for subnet in made]


def role(bench: Bench, service: str = "ec2.amazonaws.com") -> Made:
    return bench.make("aws:iam/role:Role", assumeRolePolicy=trust(service))


def bucket(bench: Bench, **more: Any) -> Made:
    return bench.make("aws:s3/bucket:Bucket", forceDestroy=True, **more)


def versioned(bench: Bench) -> Made:
    made = bucket(bench)
    bench.make(
        "aws:s3/bucketVersioning:BucketVersioning",
        bucket=made.id,
        versioningConfiguration={"status": "Enabled"},
    )
    return made


def log_bucket(bench: Bench) -> Made:
    made = bucket(bench)
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject",'
        f'"Principal":{{"Service":"logging.s3.amazonaws.com"}},"Resource":"{made["arn"]}/*"}}]}}'
    )
    bench.make("aws:s3/bucketPolicy:BucketPolicy", bucket=made.id, policy=policy)
    return made


def key(bench: Bench) -> Made:
    return bench.make("aws:kms/key:Key", description="a key")


def group(bench: Bench) -> Made:
    return bench.make("aws:ec2/securityGroup:SecurityGroup", vpcId=vpc(bench).id)


def queue(bench: Bench) -> Made:
    return bench.make("aws:sqs/queue:Queue")


def secret(bench: Bench) -> Made:
    return bench.make("aws:secretsmanager/secret:Secret", recoveryWindowInDays=0)


def cluster(bench: Bench) -> Made:
    _, ids = subnets(bench)
    return bench.make(
        "aws:eks/cluster:Cluster",
        {"roleArn": role(bench, "eks.amazonaws.com")["arn"], "vpcConfig": {"subnetIds": ids}},
        version="1.35",
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
    )


def repository(bench: Bench) -> Made:
    return bench.make("aws:ecr/repository:Repository")


def rule(bench: Bench) -> Made:
    return bench.make("aws:cloudwatch/eventRule:EventRule", eventPattern='{"source": ["aws.ec2"]}')


def table(bench: Bench) -> Made:
    return bench.make("aws:ec2/routeTable:RouteTable", vpcId=vpc(bench).id)


def route_inputs(bench: Bench) -> Props:
    net = vpc(bench)
    gateway = bench.make("aws:ec2/internetGateway:InternetGateway", vpcId=net.id)
    routes = bench.make("aws:ec2/routeTable:RouteTable", vpcId=net.id)
    return {"routeTableId": routes.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}


def association_inputs(bench: Bench) -> Props:
    net, ids = subnets(bench, 1)
    routes = bench.make("aws:ec2/routeTable:RouteTable", vpcId=net.id)
    return {"routeTableId": routes.id, "subnetId": ids[0]}


def nat_inputs(bench: Bench) -> Props:
    net, ids = subnets(bench, 1)
    bench.make("aws:ec2/internetGateway:InternetGateway", vpcId=net.id)
    return {"subnetId": ids[0], "allocationId": bench.make("aws:ec2/eip:Eip").id}


def replica_inputs(bench: Bench) -> Props:
    source, target = versioned(bench), versioned(bench)
    rule = {"id": "all", "status": "Enabled", "destination": {"bucket": target["arn"]}, "priority": 1}
    rule |= {"deleteMarkerReplication": {"status": "Disabled"}}
    return {"bucket": source.id, "role": role(bench, "s3.amazonaws.com")["arn"], "rules": [rule]}


def node_group_inputs(bench: Bench) -> Props:
    made = cluster(bench)
    return {
        "clusterName": made.id,
        "nodeRoleArn": role(bench)["arn"],
        "subnetIds": made["vpcConfig"]["subnetIds"],
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
        "instanceTypes": ["m5.large"],
        "labels": {"role": "system"},
    }


def instance_inputs(bench: Bench) -> Props:
    _, ids = subnets(bench)
    return {
        "engine": "postgres",
        "engineVersion": "16.4",
        "instanceClass": "db.t4g.medium",
        "allocatedStorage": 20,
        "dbName": "mlflow",
        "username": "mlflow",
        "manageMasterUserPassword": True,
        "dbSubnetGroupName": bench.make("aws:rds/subnetGroup:SubnetGroup", subnetIds=ids).id,
        "storageEncrypted": True,
        "backupRetentionPeriod": 7,
        "skipFinalSnapshot": True,
    }


def replication_group_inputs(bench: Bench) -> Props:
    _, ids = subnets(bench)
    return {
        "description": "features",
        "engine": "redis",
        "engineVersion": "7.1",
        "nodeType": "cache.t4g.medium",
        "numNodeGroups": 2,
        "replicasPerNodeGroup": 1,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "authTokenWo": "a-secret-of-sixteen-characters",
        "authTokenWoVersion": 1,
        "subnetGroupName": bench.make("aws:elasticache/subnetGroup:SubnetGroup", subnetIds=ids).id,
    }
