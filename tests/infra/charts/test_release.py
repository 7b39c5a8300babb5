"""A release of a locked chart, through mocks: what Helm is asked for. No chart is rendered here."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.charts.lock import Chart
from infra.charts.release import ReleaseArgs, release
from infra.scope import Component
from tests.infra.engine import Made, Registered, run

RELEASE = "kubernetes:helm.sh/v3:Release"
DIGEST = f"sha256:{'a' * 64}"
PINNED = Chart(
    name="argo-cd", repository="oci://registry.test/charts", version="10.1.1", digest=DIGEST, source="test"
)
NEW = Chart(name="argo-cd", repository="https://charts.test", version="10.1.1", unverified="new")


class Service(Component):
    def __init__(self, args: ReleaseArgs) -> None:
        super().__init__("Service", "service")
        queue = aws.sqs.Queue(self.part("queue"), opts=self.child())
        release(self, args, [queue])


def released(chart: Chart, **more: Any) -> tuple[Registered, Made]:
    def program() -> None:
        Service(ReleaseArgs(chart, "argocd", {"a": {"b": pulumi.Output.from_input(1)}}, **more))

    made = run(program)
    return made.of(RELEASE)[0], made


def test_helm_gets_digest_and_version_so_that_a_moved_tag_is_refused() -> None:
    item, _ = released(PINNED)
    assert item.inputs["chart"] == f"oci://registry.test/charts/argo-cd@{DIGEST}"
    assert item.inputs["version"] == "10.1.1"
    assert "repositoryOpts" not in item.inputs


def test_an_unpinned_https_chart_is_looked_up_at_its_repository() -> None:
    item, _ = released(NEW)
    assert (item.inputs["chart"], item.inputs["repositoryOpts"]) == (
        "argo-cd",
        {"repo": "https://charts.test"},
    )


def test_a_release_is_its_owners_child_and_waits_for_what_it_is_told() -> None:
    item, made = released(PINNED, name="sync")
    assert item.name == "service-sync"
    assert item.inputs["name"] == "sync"
    assert item.inputs["values"] == {"a": {"b": 1}}
    assert item.parent == made.of("ferry:infra:Service")[0].urn
    assert made.of("aws:sqs/queue:Queue")[0].urn in item.depends_on
