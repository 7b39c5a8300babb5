"""The stand-in for EKS's authenticator: the API server asks it who a token of ``aws eks get-token`` is.

Addresses are translated: the signed address names AWS's STS, and the emulated one is asked. The emulator
does not check signatures, so a token signed for another cluster of the account passes here and not on AWS.
"""

from __future__ import annotations

import datetime
import json
import logging
import threading
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import ClientError

from sandbox.cluster import access
from sandbox.cluster.access import Caller, TokenError, User
from sandbox.cluster.aws import Aws
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.loop import PASSING
from sandbox.controlplane.client import Client, Object
from sandbox.worldspec import WorldSpec

log = logging.getLogger(__name__)

_ADMIN = access.Grant("AmazonEKSClusterAdminPolicy")


class Authenticator:
    """Answers TokenReviews; a context manager that serves while it is open."""

    def __init__(self, spec: WorldSpec, client: Client, aws: Aws, ledger: Ledger) -> None:
        self._spec = spec
        self._client = client
        self._aws = aws
        self._ledger = ledger

    def __enter__(self) -> Authenticator:
        review = self.review

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                answer = json.dumps(review(json.loads(self.rfile.read(length)))).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing: the interesting part is logged by whoever refuses."""

        place = urlsplit(self._spec.authenticator)
        self._server = ThreadingHTTPServer((place.hostname or "", place.port or 0), Handler)
        threading.Thread(target=self._server.serve_forever, name="authenticator", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def review(self, request: Object) -> Object:
        """A TokenReview with its status: who it is, or why not."""
        token = request["spec"].get("token", "")
        status: dict[str, Any] = {"authenticated": False}
        if token.startswith(access.PREFIX):
            try:
                found = self._user(token)
                status = {
                    "authenticated": True,
                    "user": {"username": found.name, "groups": [*found.groups, "system:authenticated"]},
                }
            except (TokenError, *PASSING) as error:
                log.warning("refused: %s", error)
                status["error"] = str(error)
        return {"apiVersion": request["apiVersion"], "kind": "TokenReview", "status": status}

    def _user(self, token: str) -> User:
        who = access.caller(self._ask_sts(access.signed_query(token, datetime.datetime.now(datetime.UTC))))
        entry, given = self._entry(who)
        if entry is None:
            raise TokenError(f"{who.principal} has no access entry, so the cluster does not know it")
        namespaces = [item["metadata"]["name"] for item in self._client.list("v1", "Namespace")]
        for grant in given:
            for body in access.objects(grant, namespaces):
                self._client.apply(body)
        self._ledger.note("EKS's access policies: as RBAC bindings of the roles they copy")
        return access.user(entry, who, given, namespaces)

    def _ask_sts(self, query: str) -> str:
        """The ARN that signed a query, as STS says."""
        headers = {
            access.CLUSTER_HEADER: self._spec.cluster_name,
            "Authorization": access.authorization(query),
        }
        answer = httpx.get(f"{self._spec.aws_endpoint}/?{query}", headers=headers, trust_env=False)
        if not answer.is_success:
            raise TokenError(f"STS does not know who signed the token: {answer.text[:200]}")
        document = ET.fromstring(answer.text)  # noqa: S314 - our own emulator wrote it
        arn = next((item.text for item in document.iter() if item.tag.endswith("Arn")), None)
        if not arn:
            raise TokenError(f"STS named nobody: {answer.text[:200]}")
        return arn

    def _entry(self, who: Caller) -> tuple[Object | None, list[access.Grant]]:
        name = self._spec.cluster_name
        try:
            entry = self._aws.eks.describe_access_entry(clusterName=name, principalArn=who.principal)
        except ClientError:
            return self._creator(who)
        policies = self._aws.eks.list_associated_access_policies(clusterName=name, principalArn=who.principal)
        return entry["accessEntry"], access.grants(policies["associatedAccessPolicies"])

    def _creator(self, who: Caller) -> tuple[Object | None, list[access.Grant]]:
        """The account's own keys made the cluster; EKS makes its maker an administrator if asked to."""
        config = (self._aws.cluster() or {}).get("accessConfig") or {}
        if who.principal.endswith(":root") and config.get("bootstrapClusterCreatorAdminPermissions"):
            return {"username": who.principal, "kubernetesGroups": []}, [_ADMIN]
        return None, []
