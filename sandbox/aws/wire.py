"""AWS's protocols, both ways: which operation a request is, and how an answer or a refusal looks.

Requests and answers follow botocore's service models through moto's own parsers and serialisers, so that a
gap filled here cannot be told from moto by its form.
"""

from __future__ import annotations

import io
import json
import re
import uuid
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, parse_qsl
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import XFormedAttributePicker, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

Environ = dict[str, Any]

_SCOPE = re.compile(r"Credential=([^/,]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_MODELS = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
}
"""Signing name → botocore's name, where they differ."""
_S3_BODIES = {"PutObject", "UploadPart"}
_CODE = re.compile(rb"<Code>([^<]+)</Code>")


class RefusedError(Exception):
    """AWS's refusal: error code, HTTP status and message."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        self.code, self.status, self.message = code, status, message
        super().__init__(message)


@dataclass(frozen=True)
class Call:
    """One request to AWS.

    Attributes:
        service: signing name (``s3``, ``elasticloadbalancing``); empty when it can't be told.
        operation: ``PutObject``; empty when it can't be told.
        region: of the signature.
        access_key: whose signature; empty for an unsigned request.
        params: the input by the member names of the service's model.
        model: the operation's model; None when it can't be told.
        protocol: ``query``, ``ec2``, ``json``, ``rest-json`` or ``rest-xml``.
    """

    service: str
    operation: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    model: OperationModel | None = None
    protocol: str = "rest-xml"


@dataclass(frozen=True)
class Reply:
    """What goes back: status, headers, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def read(environ: Environ, body: bytes) -> Call:
    """What the request asks; ``body`` is the whole payload. Never fails: what can't be told stays empty."""
    key, region, service = _scope(environ)
    service = service or _unsigned(environ, body)
    if not service:
        return Call("", "", region, key)
    request = _request(environ, body)
    try:
        return _modelled(request, Call(service, "", region, key))
    except (UnknownServiceError, HTTPException, NotImplementedError):
        return Call(service, "", region, key)


def load(service: str) -> None:
    """Read a service's model now, which its first call would wait for; ``service`` is the signing name."""
    name = _MODELS.get(service, service)
    get_service_model(name)
    get_service_router(name)


def _modelled(request: Request, call: Call) -> Call:
    name = _MODELS.get(call.service, call.service)
    service = get_service_model(name)
    protocol = determine_request_protocol(service, request.content_type)
    model, path = get_service_router(name).match(request)
    body = b"" if model.name in _S3_BODIES else request.data  # objects are not parsed
    params = _params(request, model, protocol, path, body)
    return Call(
        call.service, str(model.name), call.region, call.access_key, {**path, **params}, model, protocol
    )


def _params(
    request: Request, model: OperationModel, protocol: str, path: Mapping[str, Any], body: bytes
) -> dict[str, Any]:
    try:
        parser = PROTOCOL_PARSERS[protocol](model)
        return dict(
            parser.parse(
                {
                    "method": request.method,
                    "values": request.values,
                    "headers": request.headers,
                    "body": body,
                    "url_path": request.path,
                    "url_params": dict(path),
                }
            )
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}  # malformed: moto answers it as AWS does


def _scope(environ: Environ) -> tuple[str, str, str]:
    found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found is None and "X-Amz-Credential" in environ.get("QUERY_STRING", ""):
        found = _SCOPE.search("Credential=" + parse_qs(environ["QUERY_STRING"])["X-Amz-Credential"][0])
    return (found[1], found[2], found[3]) if found else ("", "us-east-1", "")


def _unsigned(environ: Environ, body: bytes) -> str:
    """Unsigned requests are the token exchange, or a browser's look at a public object."""
    form = "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", "")
    text = body.decode("utf-8", "replace") if form else environ.get("QUERY_STRING", "")
    action = dict(parse_qsl(text)).get("Action", "")
    return "sts" if action.startswith("AssumeRoleWith") else "" if action else "s3"


def _request(environ: Environ, body: bytes) -> Request:
    return Request({**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def answer(call: Call, result: object) -> Reply:
    """A result by the operation's output shape; attributes or keys of ``result`` by their names."""
    assert call.model is not None  # noqa: S101 - only operations that were recognised are answered
    made = _serializer(call).serialize(result)
    return _reply(made["status_code"], made["headers"], made["body"])


def refusal(call: Call, error: RefusedError) -> Reply:
    """An error in the service's own form."""
    if call.model is None:
        text = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        return _reply(error.status, {"Content-Type": "application/xml"}, text)
    with warnings.catch_warnings():  # the services' models omit most of the codes that the services use
        warnings.simplefilter("ignore")
        made = _serializer(call).serialize(error)
    status = made["status_code"] if error.status == HTTPStatus.BAD_REQUEST else error.status
    return _reply(status, made["headers"], made["body"])


def _serializer(call: Call) -> Any:
    assert call.model is not None  # noqa: S101 - see answer
    serializer = get_serializer_class(call.model.service_model.service_name, call.protocol)
    return serializer(call.model, value_picker=XFormedAttributePicker())


def _reply(status: int, headers: Mapping[str, Any], body: str | bytes) -> Reply:
    content = body.encode() if isinstance(body, str) else body
    given = {**headers, "x-amzn-requestid": str(uuid.uuid4()), "Content-Length": len(content)}
    return Reply(status, [(key, str(value)) for key, value in given.items()], content)


def error_code(reply: Reply) -> str:
    """The error's code in a reply; empty for a success, the status where a failure has none."""
    if reply.status < HTTPStatus.BAD_REQUEST:
        return ""
    headers = {name.lower(): value for name, value in reply.headers}
    if named := headers.get("x-amzn-errortype"):
        return named.split(":")[0]
    if found := _CODE.search(reply.body):
        return found[1].decode()
    try:
        return str(json.loads(reply.body)["__type"]).rsplit("#", 1)[-1]
    except (ValueError, KeyError, TypeError):
        return str(reply.status)
