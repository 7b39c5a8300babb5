"""What every check is given, and how it is called."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from ferry.report.model import Check, Node
from sandbox.controlplane.client import Client
from sandbox.worldspec import WorldSpec

if TYPE_CHECKING:
    from stacks.settings import Settings

Note = Callable[[str], None]
"""Says in a few words what is going on, for the progress line."""

Object = Mapping[str, Any]

Credentials = tuple[str, str, str | None]
"""Access key, secret key, session token."""

ROOT: Credentials = ("rehearsal", "rehearsal", None)
"""The emulation gives every unknown key the account's own rights."""

CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
"""A refusal is the answer: it is never tried again."""


@dataclass(frozen=True)
class CheckContext:
    """One environment as it stands after `up`.

    `outputs`: the stack's outputs. `resources`: the engine's own list of resources (`deployment.resources`
    of an export), inputs and outputs included. `patience`: seconds that a check may wait for the cluster to
    do something.
    """

    spec: WorldSpec
    kube: Client
    outputs: Mapping[str, Any]
    settings: Settings
    environment: str
    resources: Sequence[Object]
    patience: float = 180.0
    nodes_seen: dict[str, Node] = field(default_factory=dict)
    """Nodes that came and went while the checks ran, by name; a check that sees one puts it here."""
    simulated: list[str] = field(default_factory=list)
    """What a check had to simulate, a sentence each, for the report."""
    secrets: dict[str, list[str]] = field(default_factory=dict, repr=False)
    """Secret → its values: what must not be in the report. Never shown."""

    def aws(self, service: str, credentials: Credentials = ROOT, config: Config = CONFIG) -> Any:
        """A boto3 client of the emulated account (boto3 builds them at run time, so they have no static
        type).
        """
        return _client(service, self.spec.region, self.spec.aws_endpoint, credentials, config)


_making = threading.Lock()
"""boto3 makes one client at a time; made, any thread may use it."""


@functools.cache
def _client(service: str, region: str, endpoint: str, credentials: Credentials, config: Config) -> Any:
    key, secret, token = credentials
    with _making:
        return _session().client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            config=config,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )


@functools.cache
def _session() -> boto3.Session:
    """One for all: it keeps AWS's service descriptions, and reading them takes a fifth of a second."""
    return boto3.Session()


CheckFunction = Callable[[CheckContext, Note], list[Check]]
