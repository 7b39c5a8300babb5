"""The seam: who is asked. Three sides behind one call, each with a time limit and a bounded crowd.

A side that is slow must not take the adapter with it: whoever comes when all places and as many waiting
places are taken is turned away at once (503), and the gateway asks somebody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from ferry.adapter.inference import Answer, Question, answer_of, dense, plain, predictions, scores_of

JSON = {"Content-Type": "application/json"}
_CREDENTIALS_S = 60.0  # they are looked at this often; botocore renews those that are about to end


class SideError(Exception):
    """A side gave no answer; ``status`` is what the caller is told."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class Side(Protocol):
    """Somebody who answers questions."""

    async def ask(self, question: Question) -> Answer:
        """The answer.

        Raises:
            SideError: there is none.
        """
        ...

    async def ready(self) -> bool:
        """Whether it would answer now."""
        ...


@dataclass
class Crowd:
    """At most ``places`` at once, and some who wait: as many again unless ``waiting`` says how many."""

    places: int
    waiting: int | None = None
    _inside: int = 0
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.places)

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and have it.

        Raises:
            SideError: too many wait already.
        """
        waiting = self.places if self.waiting is None else self.waiting
        if self._inside >= self.places + waiting:
            raise SideError(HTTPStatus.SERVICE_UNAVAILABLE, f"{self._inside} requests are under way")
        self._inside += 1
        try:
            async with self._free:
                yield
        finally:
            self._inside -= 1


@dataclass
class Line:
    """Connections to one side.

    Attributes:
        timeout_s: for everything from the place in the crowd to the last byte.
    """

    http: aiohttp.ClientSession
    crowd: Crowd
    timeout_s: float

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The answer's body.

        Raises:
            SideError: none came in time, or it was no success.
        """
        try:
            async with asyncio.timeout(self.timeout_s), self.crowd.place():
                status, content = await self._send(url, body, headers)
        except TimeoutError:
            raise SideError(HTTPStatus.GATEWAY_TIMEOUT, f"no answer in {self.timeout_s:g} s") from None
        except aiohttp.ClientError as error:
            raise SideError(HTTPStatus.BAD_GATEWAY, f"it could not be reached ({error})") from None
        if status == HTTPStatus.OK:
            return content
        raise SideError(_told(status), f"it answered {status}: {content[:200].decode(errors='replace')}")

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Once more over a new connection if a kept one turns out to be closed: nothing was answered yet."""
        for last in (False, True):
            try:
                async with self.http.post(url, data=body, headers=headers) as answer:
                    return answer.status, await answer.read()
            except aiohttp.ServerDisconnectedError:
                if last:
                    raise
        raise AssertionError("unreachable")


def _told(status: int) -> int:
    """The caller's own mistakes stay his; a throttled side is busy; everything else is the side's failure."""
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        return status
    return (
        HTTPStatus.SERVICE_UNAVAILABLE if status == HTTPStatus.TOO_MANY_REQUESTS else HTTPStatus.BAD_GATEWAY
    )


def _score(what: str, read: Any, body: bytes, rows: int) -> tuple[float, ...]:
    try:
        found: tuple[float, ...] = read(body, rows)
    except ValueError as error:
        raise SideError(HTTPStatus.BAD_GATEWAY, f"{what} answered with {error}") from None
    return found


@dataclass
class SageMaker:
    """An endpoint of SageMaker, asked with this pod's identity.

    Attributes:
        base: of the runtime API, e.g. ``https://runtime.sagemaker.us-east-1.amazonaws.com``.
        credentials: botocore's; renewed by it.
    """

    line: Line
    base: str
    endpoint: str
    region: str
    credentials: Any
    _frozen: Any = None
    _until: float = 0.0

    async def ask(self, question: Question) -> Answer:
        """See :class:`Side`."""
        url, body = f"{self.base}/endpoints/{self.endpoint}/invocations", dense(question.rows)
        content = await self.line.post(url, body, await self._signed(url, body))
        scores = _score("SageMaker", predictions, content, len(question.rows))
        return answer_of(scores, self.endpoint, question.key)

    async def ready(self) -> bool:
        """Yes: each look would be paid for; that the endpoint fails shows in what it answers."""
        return True

    async def _signed(self, url: str, body: bytes) -> dict[str, str]:
        now = asyncio.get_running_loop().time()
        if self._frozen is None or now > self._until:
            # It may ask STS, which takes a while; nobody else waits for that.
            self._frozen = await asyncio.to_thread(self.credentials.get_frozen_credentials)
            self._until = now + _CREDENTIALS_S
        request = AWSRequest("POST", url, dict(JSON), body)
        SigV4Auth(self._frozen, "sagemaker", self.region).add_auth(request)
        return dict(request.headers.items())


@dataclass
class HttpJson:
    """A plain HTTP service that takes rows and gives predictions."""

    line: Line
    url: str

    async def ask(self, question: Question) -> Answer:
        """See :class:`Side`."""
        content = await self.line.post(self.url, plain(question.rows), JSON)
        scores = _score(self.url, predictions, content, len(question.rows))
        return answer_of(scores, "legacy", question.key)

    async def ready(self) -> bool:
        """Yes; see :meth:`SageMaker.ready`."""
        return True


@dataclass
class Served:
    """A model server that speaks the protocol itself; the adapter only writes down what it says."""

    line: Line
    base: str
    model: str

    async def ask(self, question: Question) -> Answer:
        """See :class:`Side`."""
        content = await self.line.post(f"{self.base}/v2/models/{self.model}/infer", question.body, JSON)
        return Answer(_score(self.base, scores_of, content, len(question.rows)), content)

    async def ready(self) -> bool:
        """As the server says of its model."""
        url = f"{self.base}/v2/models/{self.model}/ready"
        try:
            async with asyncio.timeout(self.line.timeout_s), self.line.http.get(url) as answer:
                return answer.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError):
            return False
