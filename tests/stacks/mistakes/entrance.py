"""The way in (B6)."""

from __future__ import annotations

from tests.stacks.mistakes.row import Row

_GATEWAY = "services.gateway"

ROWS = [
    Row(
        "certificate of another region",
        "dev",
        {
            f"{_GATEWAY}.certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/"
            "00000000-0000-0000-0000-000000000000"
        },
        "ferry:services.gateway.certificate_arn",
        "is not a certificate of 123456789012 in us-east-1",
        "certificate_arn: arn:aws:acm:us-east-1:123456789012:certificate/",
    ),
    Row(
        "certificate of IAM",
        "dev",
        {f"{_GATEWAY}.certificate_arn": "arn:aws:iam::123456789012:server-certificate/ml"},
        "ferry:services.gateway.certificate_arn",
        "is not the ARN of a certificate in ACM",
        "arn:aws:acm:",
    ),
    Row(
        "one proxy in production",
        "prod",
        {f"{_GATEWAY}.replicas": 1},
        "ferry:services.gateway.replicas",
        "could not be reached once its zone is lost",
        "replicas: 3",
    ),
    Row(
        "Envoy by its tag",
        "dev",
        {f"{_GATEWAY}.envoy_image": "docker.io/envoyproxy/envoy:distroless-v1.40.0"},
        "ferry:services.gateway.envoy_image",
        "is not an image by its digest",
        "@sha256:",
    ),
    Row(
        "host name with a scheme",
        "dev",
        {f"{_GATEWAY}.hostname": "https://ml.example.com"},
        "ferry:services.gateway.hostname",
        "is not a full name of a host",
        "ml.example.com",
    ),
]
