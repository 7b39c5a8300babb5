"""Who may enter the API server before anything else exists: three tokens, and a kubeconfig for each."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

_USERS = {
    # user: (groups, name of the kubeconfig)
    "ferry-rehearsal": ("system:masters", "admin"),
    "system:kube-controller-manager": ("", "controller-manager"),
    "system:kube-scheduler": ("", "scheduler"),
}


@dataclass(frozen=True)
class Access:
    """Files: the API server's token table, a kubeconfig for each program, whom it asks about strangers."""

    tokens: Path
    admin: Path
    controller_manager: Path
    scheduler: Path
    webhook: Path


def make_access(directory: Path, server: str, ca: Path, admin_token: str) -> Access:
    """Write the token table and the kubeconfigs, readable by their owner only."""
    directory.mkdir(parents=True, exist_ok=True)
    table: list[str] = []
    for user, (groups, name) in _USERS.items():
        token = admin_token if name == "admin" else secrets.token_hex(16)
        table.append(f'{token},{user},{user},"{groups}"')
        write_kubeconfig(directory / f"{name}.kubeconfig", server, ca, token)
    tokens = directory / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text("\n".join(table) + "\n")
    admin, manager, scheduler = (directory / f"{name}.kubeconfig" for _, name in _USERS.values())
    return Access(tokens, admin, manager, scheduler, directory / "webhook.kubeconfig")


def write_webhook(path: Path, url: str) -> None:
    """Where the API server asks about tokens that are not its own; in a kubeconfig's form, as it wants it."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "authenticator", "cluster": {"server": url}}],
        "users": [{"name": "apiserver", "user": {}}],
        "contexts": [{"name": "webhook", "context": {"cluster": "authenticator", "user": "apiserver"}}],
        "current-context": "webhook",
    }
    path.write_text(json.dumps(config, indent=2))


def write_kubeconfig(path: Path, server: str, ca: Path, token: str) -> None:
    """A kubeconfig with one cluster and one bearer token; JSON, which every reader of YAML takes."""
    authority = base64.b64encode(ca.read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "rehearsal", "cluster": {"server": server, "certificate-authority-data": authority}}
        ],
        "users": [{"name": "rehearsal", "user": {"token": token}}],
        "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "rehearsal"}}],
        "current-context": "rehearsal",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))
