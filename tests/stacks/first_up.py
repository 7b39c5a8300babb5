"""A first `up` in which one ordering is broken, and the race is decided the wrong way.

A case frees a resource of explicit dependencies by a transformation, as a forgotten ``depends_on`` would, and
holds back what it needed until it has been tried. Nothing sleeps: the order of two events is forced.
"""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi

from sandbox.providers.aws.session import AwsSession
from sandbox.providers.base import Checked, Props, ProviderError, Session, State
from sandbox.providers.kubernetes.connection import Pace
from sandbox.providers.kubernetes.kubeconfig import Cluster
from sandbox.providers.kubernetes.session import KubernetesSession
from sandbox.worldspec import WorldSpec

HASTE = Pace(retry_seconds=(0.1, 0.2, 0.4, 0.8, 1.6), settle_seconds=0.1)
PATIENCE = 60.0
"""Seconds after which a resource that never came is no race; the test fails by its message."""
CHART_SECONDS = 20
"""How long the pods of a chart that cannot become ready are waited for."""
HELD = "held back by the test"

Change = pulumi.ResourceTransformationResult | None


@dataclass
class Race:
    """Who must come before whom, turned round.

    Attributes:
        free: names of resources that lose explicit dependencies; with a star, all that begin so.
        lacks: name of the dependency that they lose; empty for every one.
        who: end of the URN of the one that is to fail; a type with its colons for the one of that type.
        held: part of the URN of what it needs.
        late: what is held is made after all; else it never comes.
        patience: how long it is held for somebody who does not come.
    """

    free: tuple[str, ...] = ()
    lacks: str = ""
    who: str = ""
    held: str = ""
    late: bool = False
    patience: float = PATIENCE
    tried: threading.Event = field(default_factory=threading.Event)

    def transform(self, args: pulumi.ResourceTransformationArgs) -> Change:
        """Frees what is to be freed, and lets a chart give up soon."""
        if not any(fnmatch.fnmatchcase(args.name, pattern) for pattern in self.free):
            return None
        opts = args.opts._copy()
        opts.depends_on = [
            found for found in _listed(opts.depends_on) if self.lacks and found._name != self.lacks
        ]
        soon = {"timeout": CHART_SECONDS} if args.type_.endswith(":Release") else {}
        return pulumi.ResourceTransformationResult(props={**args.props, **soon}, opts=opts)

    def run(self, urn: str, make: Callable[[], State]) -> State:
        """A creation, in its turn."""
        if self.held and urn.endswith(self.held):
            came = self.tried.wait(self.patience)
            if not (self.late and came):
                raise ProviderError(HELD if came else f"{self.who} never came")
        try:
            return make()
        finally:
            self.note(urn)

    def note(self, urn: str) -> None:
        """Somebody was tried."""
        if self.who and (urn.endswith(self.who) or (self.who.endswith("::") and self.who in urn)):
            self.tried.set()


def _listed(found: Any) -> list[pulumi.Resource]:
    return [found] if isinstance(found, pulumi.Resource) else list(found or [])


def racing(kind: Callable[[], Session], race: Callable[[], Race]) -> Callable[[], Session]:
    """Sessions of a kind whose creations run in the order of the race that is on."""

    def make() -> Session:
        session = kind()
        inner, judge = session.create, session.check

        def check(urn: str, type_: str, olds: Props, news: Props, seed: bytes) -> Checked:
            try:
                return judge(urn, type_, olds, news, seed)
            except ProviderError:
                race().note(urn)
                raise

        def create(urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
            def go() -> State:
                return inner(urn, type_, inputs, preview, timeout)

            return go() if preview else race().run(urn, go)

        session.create, session.check = create, check  # type: ignore[method-assign] # every kind can race so
        return session

    return make


def sessions(spec: WorldSpec, race: Callable[[], Race]) -> dict[str, Callable[[], Session]]:
    """The emulated providers over a world, by package."""
    cluster = Cluster(spec.apiserver, spec.admin_token, spec.state, spec.aws_endpoint, spec.region)
    return {
        "aws": racing(AwsSession, race),
        "kubernetes": racing(lambda: KubernetesSession(cluster, HASTE), race),
    }
