"""Serve the components; the port is the first line on stdout."""

import pulumi_aws as aws

from sandbox.providers.constructing import Components, serve
from sandbox.providers.eks import cluster, node_group

VERSION = "4.4.0"
"""The pulumi-eks whose children these are."""

LOADED = (aws.ec2.SecurityGroup, aws.eks.Cluster, aws.iam.Role)
"""The SDK loads its modules at their first use: those seconds belong here, and in no request."""

if __name__ == "__main__":
    serve(Components(VERSION, {cluster.TYPE: cluster.construct, node_group.TYPE: node_group.construct}))
