"""The gRPC half of every provider here: one port, one :class:`Session` per engine connection.

A stack has several instances of a provider (two regions, two clusters), and the engine attaches all of them
to the one port it was told. Each opens a connection of its own, so the peer address tells them apart; a
:class:`Session` holds what that instance was configured with. A concrete provider subclasses ``Session`` and
overrides the verbs it supports with plain Python values (see :mod:`sandbox.providers.codec`); everything
about protobuf stays in this file.
"""

from __future__ import annotations

import concurrent.futures
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.providers.answers import record
from sandbox.providers.codec import UNKNOWN, Secret, Value, decode, encode, reveal, secret_keys
from sandbox.providers.values import (
    Checked,
    CheckFailure,
    Diff,
    InitFailed,
    Props,
    ProviderError,
    State,
    ignored,
)
from stacks import garbage

__all__ = [
    "CheckFailure",
    "Checked",
    "Diff",
    "InitFailed",
    "Props",
    "ProviderError",
    "Servicer",
    "Session",
    "State",
    "ignored",
    "serve",
]

log = logging.getLogger(__name__)


class Session:
    """One configured instance of a provider. Override the verbs; values are plain, secrets revealed."""

    nested_secrets: ClassVar[bool] = False
    """True: values come with their ``Secret`` wrappers, and outputs keep just those they have."""

    def diff_config(self, olds: Props, news: Props) -> Diff:
        """What a change of the provider's own configuration means. ``replaces`` remakes all its resources."""
        return Diff(
            changes=[key for key in sorted(olds.keys() | news.keys()) if olds.get(key) != news.get(key)]
        )

    def configure(self, config: Props) -> None:
        """Take the instance's configuration. Values may be UNKNOWN in a first preview."""

    def check(self, urn: str, type_: str, olds: Props, news: Props, seed: bytes) -> Checked:
        """Validate and complete inputs. ``seed`` is stable for one resource: automatic names come from it."""
        return Checked(news)

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        """Compare stored inputs and outputs with checked new inputs (which may hold UNKNOWN)."""
        raise NotImplementedError

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        """Make it. In preview make nothing: the id is ``""`` and what is not yet known is UNKNOWN."""
        raise NotImplementedError

    def read(self, urn: str, type_: str, id_: str, inputs: Props, outputs: Props) -> State | None:
        """The live state, or None when it is gone. With empty inputs and outputs this is an import."""
        raise NotImplementedError

    def update(
        self,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Props,
        old_outputs: Props,
        news: Props,
        preview: bool,
        timeout: float,
    ) -> Props:
        """Change it in place; returns the new outputs."""
        raise NotImplementedError

    def delete(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, timeout: float
    ) -> None:
        """Remove it. Already gone is success."""
        raise NotImplementedError

    def invoke(self, token: str, args: Props) -> Props:
        """A data source or function."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Somebody pressed Ctrl-C: what waits should stop waiting. Comes from another thread."""

    def construct(self, type_: str) -> None:
        """A remote component; who serves some does it in a servicer of its own."""
        raise ProviderError(
            f"the component {type_} is not emulated by the rehearsal. Use resources of their own types, or "
            "rehearse with the official provider (--providers …=real)"
        )

    def secret_outputs(self, type_: str) -> frozenset[str]:
        """Outputs of the type that are secret even when no input of that name was."""
        return frozenset()


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Protobuf in, plain values to the connection's :class:`Session`, protobuf out."""

    def __init__(self, make_session: Callable[[], Session], version: str) -> None:
        self._make_session = make_session
        self._version = version
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def _session(self, context: grpc.ServicerContext) -> Session:
        peer = context.peer()
        with self._lock:
            if peer not in self._sessions:
                self._sessions[peer] = self._make_session()
            return self._sessions[peer]

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=False
        )

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._session(context).cancel()
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _refusals(context):
            session = self._session(context)
            return _diff_response(session.diff_config(_plain(request.olds), _plain(request.news)))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _refusals(context):
            self._session(context).configure(_plain(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        news = decode(request.news)
        session = self._session(context)
        with _refusals(context):
            checked = session.check(
                request.urn,
                _type(request.urn),
                _taken(session, request.olds),
                _given(session, news),
                request.randomSeed,
            )
        return provider_pb2.CheckResponse(
            inputs=encode(_rewrap(checked.inputs, _secret(session, news))),
            failures=[
                provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in checked.failures
            ],
        )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        session = self._session(context)
        with _refusals(context):
            diff = session.diff(
                request.urn,
                _type(request.urn),
                request.id,
                _taken(session, request.old_inputs),
                _taken(session, request.olds),
                _taken(session, request.news),
            )
        return _diff_response(diff)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        inputs = decode(request.properties)
        type_ = _type(request.urn)
        session = self._session(context)
        with _refusals(context, _secret(session, inputs)):
            state = session.create(
                request.urn, type_, _given(session, inputs), request.preview, request.timeout
            )
        secrets = _secret(session, inputs) | session.secret_outputs(type_)
        return provider_pb2.CreateResponse(id=state.id, properties=encode(_rewrap(state.outputs, secrets)))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        stored = decode(request.inputs)
        type_ = _type(request.urn)
        session = self._session(context)
        with _refusals(context, _secret(session, stored)):
            state = session.read(
                request.urn, type_, request.id, _given(session, stored), _taken(session, request.properties)
            )
        if state is None:
            return provider_pb2.ReadResponse()
        secrets = _secret(session, stored) | session.secret_outputs(type_)
        return provider_pb2.ReadResponse(
            id=state.id,
            properties=encode(_rewrap(state.outputs, secrets)),
            inputs=encode(
                _rewrap(state.inputs if state.inputs is not None else _given(session, stored), secrets)
            ),
        )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        news = decode(request.news)
        type_ = _type(request.urn)
        session = self._session(context)
        ignored.set(tuple(request.ignoreChanges))
        with _refusals(context, _secret(session, news)):
            outputs = session.update(
                request.urn,
                type_,
                request.id,
                _taken(session, request.old_inputs),
                _taken(session, request.olds),
                _given(session, news),
                request.preview,
                request.timeout,
            )
        secrets = _secret(session, news) | session.secret_outputs(type_)
        return provider_pb2.UpdateResponse(properties=encode(_rewrap(outputs, secrets)))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        session = self._session(context)
        with _refusals(context):
            session.delete(
                request.urn,
                _type(request.urn),
                request.id,
                _taken(session, request.old_inputs),
                _taken(session, request.properties),
                request.timeout,
            )
        return empty_pb2.Empty()

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _refusals(context):
            self._session(context).construct(request.type)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        args = _plain(request.args)
        with _refusals(context):
            answer = encode(self._session(context).invoke(request.tok, args))
        record(request.tok, args, answer)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(answer)
        return response


class _refusals:
    """Turns a refusal into the gRPC status that the engine prints; anything else is our bug and says so."""

    def __init__(self, context: grpc.ServicerContext, secrets: frozenset[str] = frozenset()) -> None:
        self._context = context
        self._secrets = secrets

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, InitFailed):
            self._abort_initialised(error)
        if isinstance(error, ProviderError):
            self._context.abort(grpc.StatusCode.UNKNOWN, str(error))
        log.error("provider bug", exc_info=error)
        self._context.abort(grpc.StatusCode.INTERNAL, f"bug in the rehearsal's provider: {error!r}")

    def _abort_initialised(self, error: InitFailed) -> None:
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.state.id,
                properties=encode(_rewrap(error.state.outputs, self._secrets)),
                inputs=encode(_rewrap(error.state.inputs or {}, self._secrets)),
                reasons=error.reasons,
            )
        )
        code = grpc.StatusCode.UNKNOWN
        status = status_pb2.Status(code=code.value[0], message=str(error), details=[detail])
        self._context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        self._context.abort(code, str(error))


def _type(urn: str) -> str:
    """``aws:s3/bucket:Bucket`` from ``urn:pulumi:dev::ferry::parent$aws:s3/bucket:Bucket::name``."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _given(session: Session, values: Props) -> Props:
    return values if session.nested_secrets else reveal(values)


def _taken(session: Session, struct: Any) -> Props:
    return _given(session, decode(struct))


def _secret(session: Session, inputs: Props) -> frozenset[str]:
    return frozenset() if session.nested_secrets else secret_keys(inputs)


def _diff_response(diff: Diff) -> Any:
    changed = provider_pb2.DiffResponse.DIFF_SOME if diff.changes else provider_pb2.DiffResponse.DIFF_NONE
    property_diff = provider_pb2.PropertyDiff
    names = {
        key: diff.kinds.get(key, "UPDATE") + ("_REPLACE" if key in diff.replaces else "")
        for key in diff.changes
    }
    return provider_pb2.DiffResponse(
        changes=changed,
        diffs=diff.changes,
        replaces=diff.replaces,
        deleteBeforeReplace=diff.delete_before_replace,
        hasDetailedDiff=bool(diff.changes),
        detailedDiff={
            key: property_diff(kind=property_diff.Kind.Value(name), inputDiff=True)
            for key, name in names.items()
        },
    )


def _plain(struct: Any) -> Props:
    return reveal(decode(struct))  # type: ignore[no-any-return]


def _rewrap(values: Mapping[str, Value], secrets: frozenset[str]) -> Props:
    return {
        key: Secret(value) if key in secrets and value is not None and value is not UNKNOWN else value
        for key, value in values.items()
    }


def serve(make_session: Callable[[], Session], version: str, workers: int = 32) -> None:
    """Serve on a free loopback port until SIGTERM; the port is the first line on stdout."""
    garbage.seldom()
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(max_workers=workers),
        options=[("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(make_session, version), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    stop.wait()
    server.stop(grace=1)
    sys.stdout.close()
