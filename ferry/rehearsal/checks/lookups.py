"""What a kubelet would look up, over everything that lives in the cluster (the nodes here would never
notice).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ferry.rehearsal.checks.context import CheckContext, Note, Object
from ferry.rehearsal.checks.everything import live_objects
from ferry.rehearsal.images import known
from ferry.report.model import Check, Claim
from infra.charts.brought import brought
from sandbox import kubelet
from sandbox.kubelet import Index, Options
from sandbox.kubelet.objects import name_of, pod_of

RESOLVES = Claim(
    "kubelet.resolves", "B9", "every Secret, ConfigMap, account, claim, port, selector and image resolves"
)
TWINS = Claim("kubelet.twins", "B9", "each reference's broken twin is noticed")


def judge(objects: Sequence[Object], options: Options) -> list[Check]:
    """Both checks over a cluster's objects."""
    found = kubelet.references(objects, options)
    if not found:
        return [RESOLVES.failed("no reference was found to follow: the cluster is empty")]
    missing = [str(item.unresolved()) for item in found if item.problem]
    unseen = kubelet.unseen_twins(
        found, kubelet.references_of, Index([*objects, *options.elsewhere]), options
    )
    followed = [f"{len(found)} references of {len(objects)} objects followed"]
    return [
        RESOLVES.equal(0, len(missing), "unresolved", missing or followed),
        TWINS.equal(0, len(unseen), "unseen", unseen),
    ]


def run(context: CheckContext, note: Note) -> list[Check]:
    """Judge the living cluster."""
    note("listing every object")
    objects = live_objects(context.kube)
    note(f"following the references of {len(objects)} objects")
    spaces = {name_of(item) for item in objects if item.get("kind") == "Namespace"}
    options = Options(roles=_roles(context), digests=_digests(context, objects), elsewhere=brought(spaces))
    return judge(objects, options)


def _digests(context: CheckContext, objects: Sequence[Object]) -> Collection[str]:
    """What the account's own registry has; what others publish cannot be asked here."""
    own = f"{context.spec.account}.dkr.ecr."
    named = {
        str(container.get("image"))
        for item in objects
        for pod in (pod_of(item),)
        if pod is not None
        for _, _, container in pod.containers()
    }
    return known(context.aws("ecr")) | {image for image in named if not image.startswith(own)}


def _roles(context: CheckContext) -> Collection[str]:
    pages = context.aws("iam").get_paginator("list_roles").paginate()
    return {role["Arn"] for page in pages for role in page["Roles"]}
