"""The front as a WSGI application: read the call, know the principal, decide, answer or pass on, log."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.exceptions import ServiceException
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.exceptions import HTTPException

from sandbox.aws import gaps, moto_made, wire
from sandbox.aws.answers import Answers, depends_on_the_question_alone
from sandbox.aws.authorize import authorize
from sandbox.aws.calls import CallLog
from sandbox.aws.gaps.asking import Ask, Passed
from sandbox.aws.identity import principal_of
from sandbox.aws.policy import UnsupportedPolicyError
from sandbox.aws.resources import action_of, resources_of
from sandbox.aws.web_identity import Jwks, become_role, published_keys
from sandbox.aws.wire import Call, RefusedError, Reply
from sandbox.worldspec import WorldSpec

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_WAITS = {("sqs", "ReceiveMessage"), ("sts", "AssumeRoleWithWebIdentity")}
"""Calls that may wait, for a message or for the API server's keys; all others go one at a time, because moto
checks and then acts."""
_CLOSED = ("/moto-api", "/latest/meta-data/", "/latest/api/")
"""moto's own pages: its dashboard, its reset and its metadata service are no part of AWS's API."""


class _Moto(DomainDispatcherApplication):
    """moto's dispatcher; it says when there is no such service, and need not read a directory each time."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The backend's name.

        Raises:
            NotImplementedError: moto has none.
        """
        if host not in self._backends:
            found = super().get_backend_for_host(host)
            if host is not None and not found:
                raise NotImplementedError("no such service")
            self._backends[host] = found
        return self._backends[host]

    def load(self, service: str, account: str, region: str) -> None:
        """Make the service's application, and its backend of the account and region."""
        scope = f"AWS4-HMAC-SHA256 Credential=none/20000101/{region}/{service}/aws4_request"
        name = self.infer_service_region_host(
            {"HTTP_AUTHORIZATION": scope, "HTTP_HOST": "localhost", "PATH_INFO": "/"}, "/"
        )
        backend: Any = self.get_backend_for_host(name)
        with self.lock:
            if backend not in self.app_instances:
                self.app_instances[backend] = self.create_app(backend)
        places: Any = get_backend(backend)[account]
        places[region if region in places.regions else "aws"]


moto_made.prepare()


def forget() -> None:
    """Empty the account, as if the process had ended; for tests."""
    known: list[Any] = BackendDict._instances  # type: ignore[misc] # one list for all services
    for backends in known:
        backends.clear()  # not reset(): that makes everything anew, and again when it is next used
    known.clear()
    s3_backends.bucket_accounts.clear()  # the names of all accounts' buckets are kept apart
    reset_model_data()


class Front:
    """One account's AWS. Everything it knows is lost with it.

    Args:
        spec: the world it belongs to.
        keys: where the tokens' signing keys come from; the API server of the world by default.
        answers: where answers that never change are kept; in memory by default.
    """

    def __init__(self, spec: WorldSpec, keys: Jwks | None = None, answers: Answers | None = None) -> None:
        self._spec = spec
        self._keys = keys or published_keys(spec)
        self._log = CallLog(spec.calls)
        self._moto = _Moto()
        self._lock = threading.RLock()
        self._answers = answers or Answers()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        body = _body(environ)
        call = wire.read(environ, body)
        with self._turn(call):
            reply = self._handle(call, environ, body)
        headers = reply.headers
        if all(name.lower() != "content-length" for name, _ in headers):
            headers = [*headers, ("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    @contextlib.contextmanager
    def _turn(self, call: Call) -> Iterator[None]:
        if (call.service, call.operation) in _WAITS or depends_on_the_question_alone(call):
            yield
            return
        with self._lock:
            yield

    def _handle(self, call: Call, environ: dict[str, Any], body: bytes) -> Reply:
        principal = principal_of(self._spec.account, call.access_key)
        ask = Ask(self._spec, call, principal)
        try:
            reply = self._decide(ask, environ, body)
        except RefusedError as error:
            reply = wire.refusal(call, error)
        except UnsupportedPolicyError as error:
            reply = wire.refusal(call, RefusedError("MalformedPolicyDocument", str(error)))
        except (ServiceException, HTTPException) as error:
            reply = wire.refusal(call, _said_by_moto(error))
        except NotImplementedError as error:
            reply = wire.refusal(call, _not_emulated(call, str(error)))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            reply = wire.refusal(
                call, RefusedError("InternalFailure", f"the emulation failed: {error!r}", 500)
            )
        self._log.write(
            principal.arn,
            action_of(call),
            resources_of(call, self._spec.account),
            reply.status,
            wire.error_code(reply),
        )
        return reply

    def _decide(self, ask: Ask, environ: dict[str, Any], body: bytes) -> Reply:
        call = ask.call
        if not call.operation or environ.get("PATH_INFO", "").startswith(_CLOSED):
            raise _not_emulated(call, f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO')}")
        if call.operation == "AssumeRoleWithWebIdentity":
            return wire.answer(call, become_role(ask, self._keys))
        authorize(ask)
        result = gaps.answer(ask)
        if not isinstance(result, Passed):
            return wire.answer(call, result)
        if depends_on_the_question_alone(call):
            return self._answers.get(call, body, lambda: self._pass_on(call, environ, body))
        return self._pass_on(call, environ, body)

    def warm(self, services: Iterable[str]) -> None:
        """Load what moto, and AWS's models, load at the first call to each service."""
        for service in services:
            with contextlib.suppress(Exception):  # whoever calls the service meets the same error
                wire.load(service)
                self._moto.load(service, self._spec.account, self._spec.region)

    def _pass_on(self, call: Call, environ: dict[str, Any], body: bytes) -> Reply:
        """Let moto answer."""
        heard: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _trace: Any = None) -> None:
            heard[:] = [int(status.split(" ", 1)[0]), headers]

        environ["wsgi.input"] = io.BytesIO(body)
        content = self._moto(environ, start)
        reply = Reply(heard[0], heard[1], b"".join(content))
        if _is_no_route(reply):
            raise _not_emulated(call, "no such path")
        return reply


def _body(environ: dict[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return bytes(stream.read())
    return bytes(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))


def _is_no_route(reply: Reply) -> bool:
    """moto's web framework answers a page where AWS never would."""
    kind = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
    return reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) and (
        kind.startswith("text/html") and b"<!doctype html>" in reply.body
    )


def _said_by_moto(error: Any) -> RefusedError:
    """A refusal of moto's backends, met by a handler here."""
    if isinstance(error, ServiceException):
        return RefusedError(error.code, error.message)
    text = str(error.message)
    with contextlib.suppress(ValueError, TypeError, KeyError):
        text = json.loads(text)["message"]  # some of moto's errors carry their whole body
    return RefusedError(error.error_type, text, error.code)


def _not_emulated(call: Call, detail: str) -> RefusedError:
    name = f"{call.service or 'unknown'}:{call.operation or '?'}"
    return RefusedError(
        "NotImplemented",
        f"{name} is not emulated here ({detail}); nothing was done. Add it to sandbox/aws/gaps.",
        HTTPStatus.NOT_IMPLEMENTED,
    )
