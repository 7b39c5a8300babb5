"""``python -m sandbox.providers.aws``: serve the emulated AWS provider; its first line is its port."""

import logging
import os

from sandbox.providers.aws import clients, table
from sandbox.providers.aws.session import AwsSession
from sandbox.providers.base import serve

VERSION = "7.51.1"
"""The pulumi-aws release whose types and behaviour are emulated; the SDK is pinned to the same."""

SERVICES = (
    *("ec2", "iam", "s3", "sts", "kms", "eks", "logs", "events", "sqs", "secretsmanager", "ecr", "rds"),
    *("elasticache", "cloudwatch", "ssm"),
)
"""Services that nearly every environment talks to."""

if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("FERRY_LOG", "WARNING"))
    # Whoever waits for the port finds everything loaded: the control plane still boots meanwhile.
    table.warm()
    if os.environ.get("AWS_ENDPOINT_URL"):
        clients.warm(SERVICES, os.environ.get("AWS_REGION", "us-east-1"))
    serve(AwsSession, VERSION)
