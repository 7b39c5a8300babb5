"""Every AWS resource carries a mark of its URN, so that one which the state lost can be found again.

An `up` that is cut off, or whose answer is lost, leaves objects of which the state knows nothing. Most are
named by chance, so only a tag says whose they are (``ferry reconcile`` looks for it).
"""

from __future__ import annotations

import hashlib
from typing import Any

import pulumi

TAG = "ferry-urn"
"""Name of the tag; its value is :func:`mark` of the resource's URN."""

EKS = "eks:index:Cluster"
"""The component whose children another program makes, pulumi-eks's: no transformation of ours sees them."""
EKS_CHILDREN = frozenset({"aws:eks/cluster:Cluster", "aws:ec2/securityGroup:SecurityGroup"})
"""Of them, what takes tags; each is a direct child of the component."""

_DIGITS = 32


def mark(urn: str) -> str:
    """The value of the tag: a digest, because AWS's tags refuse some of a URN's letters and its length."""
    return hashlib.sha256(urn.encode()).hexdigest()[:_DIGITS]


def marked(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """A transformation of the whole stack: the tag, wherever pulumi-aws takes tags."""
    if args.type_ == EKS:
        opts = pulumi.ResourceOptions.merge(
            args.opts, pulumi.ResourceOptions(transforms=[_of_child(_urn(args))])
        )
        return pulumi.ResourceTransformationResult(props=args.props, opts=opts)
    taggable = args.type_.startswith("aws:") and hasattr(type(args.resource), "tags_all")
    if not taggable or not isinstance(args.props.get("tags"), dict | pulumi.Output | None):
        return None
    urn = _urn(args)
    tags = pulumi.Output.all(args.props.get("tags"), urn).apply(_with_mark)
    return pulumi.ResourceTransformationResult(props={**args.props, "tags": tags}, opts=args.opts)


def _of_child(component: pulumi.Output[str]) -> pulumi.ResourceTransform:
    """Marks the component's children: the engine asks, whoever registers them."""

    async def mark_child(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ not in EKS_CHILDREN:
            return None
        urn = _below(str(await component.future()), f"{args.type_}::{args.name}")
        props: dict[str, Any] = dict(args.props)
        tags = {**(props.get("tags") or {}), TAG: mark(urn)}
        return pulumi.ResourceTransformResult(props={**props, "tags": tags}, opts=args.opts)

    return mark_child


def _urn(args: pulumi.ResourceTransformationArgs) -> pulumi.Output[str]:
    """What the engine will call it: the types above it, but for the stack's, and its own.

    It comes without dependencies: on the component above, it would wait for all its children, itself too.
    """
    own = f"{args.type_}::{args.name}"
    if args.opts.parent is None:
        return pulumi.Output.from_input(f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{own}")
    above = args.opts.parent.urn
    alone = pulumi.Output(set(), above.future(), above.is_known(), above.is_secret())
    return alone.apply(lambda urn: _below(str(urn), own))


def _below(parent: str, own: str) -> str:
    stack, project, types, _ = parent.split("::", 3)
    types = types.removeprefix("pulumi:pulumi:Stack").removeprefix("$")  # the engine leaves it out
    prefix = f"{types}$" if types else ""
    return f"{stack}::{project}::{prefix}{own}"


def _with_mark(given: list[Any]) -> dict[str, Any]:
    tags, urn = given
    return {**(tags or {}), TAG: mark(urn)}
