"""A pod that uses everything the bridge can bring, and the objects that it asks for."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from sandbox.bridge import Cluster, Image

ROLE = "arn:aws:iam::123456789012:role/ferry-dev-app"
IMAGE = Image(environment={"PATH": "/opt/app/bin:/usr/bin:/bin"}, entrypoint=("app",))

OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    ("ServiceAccount", "app"): {"metadata": {"annotations": {"eks.amazonaws.com/role-arn": ROLE}}},
    ("ServiceAccount", "plain"): {"metadata": {}},
    ("Secret", "words"): {"data": {"word": base64.b64encode(b"hidden").decode()}},
    ("ConfigMap", "settings"): {
        "data": {"level": "info", "file.conf": "listen 0.0.0.0\n"},
        "binaryData": {"blob": base64.b64encode(b"\x00\x01").decode()},
    },
}

CONTAINER: dict[str, Any] = {
    "name": "app",
    "command": ["app", "--name=$(NAME)", "--unknown=$(UNKNOWN)", "$$(NAME)"],
    "args": ["--host=0.0.0.0", "--database", "db.example:5432"],
    "envFrom": [{"configMapRef": {"name": "settings"}, "prefix": "S_"}],
    "env": [
        {"name": "NAME", "value": "plain"},
        {"name": "JOINED", "value": "$(NAME)-joined"},
        {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "words", "key": "word"}}},
        {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level"}}},
        {"name": "SPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "PGHOST", "value": "db.example"},
    ],
    "volumeMounts": [
        {"name": "scratch", "mountPath": "/work"},
        {"name": "config", "mountPath": "/etc/app", "readOnly": True},
        {"name": "words", "mountPath": "/run/words", "readOnly": True},
        {"name": "both", "mountPath": "/var/run/both", "readOnly": True},
    ],
}

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "app"}},
    "spec": {
        "serviceAccountName": "app",
        "securityContext": {"runAsUser": 10001},
        "containers": [CONTAINER],
        "volumes": [
            {"name": "scratch", "emptyDir": {}},
            {"name": "config", "configMap": {"name": "settings"}},
            {"name": "words", "secret": {"secretName": "words"}},
            {
                "name": "both",
                "projected": {
                    "sources": [
                        {"serviceAccountToken": {"path": "token", "audience": "vault"}},
                        {"configMap": {"name": "settings", "items": [{"key": "level", "path": "a/level"}]}},
                    ]
                },
            },
        ],
    },
}


def get(_version: str, kind: str, name: str, _namespace: str) -> Mapping[str, Any] | None:
    return OBJECTS.get((kind, name))


def token(namespace: str, account: str, audience: str | None) -> str:
    return f"{namespace}/{account} for {audience}"


CLUSTER = Cluster(get=get, token=token, ca=b"the CA", address="127.70.0.1", region="us-east-1")
