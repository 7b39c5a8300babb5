"""May this principal do that? Policies of the account as they stand in the emulation, judged by `policy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from sandbox.aws.demands import Demand, demands
from sandbox.aws.gaps.asking import Ask
from sandbox.aws.identity import ANONYMOUS, limits_of, policies_of
from sandbox.aws.policy import Policy, Request, Verdict, evaluate
from sandbox.aws.wire import RefusedError

_FREE = {"GetCallerIdentity", "AssumeRoleWithWebIdentity"}
"""Need no permission (STS API reference)."""
_OWNERS = {"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"}
"""The account's root can always mend a bucket policy (S3 user guide)."""
_WITH_POLICIES = {"s3", "sqs"}
_XML_CODES = {"s3", "iam", "sts", "sqs", "sns", "elasticloadbalancing", "rds", "elasticache", "monitoring"}
_ALL: Policy = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def authorize(ask: Ask) -> None:
    """Judges the call.

    A role session needs its role's policies. The account's own keys may do everything, but for what a
    resource's policy denies everybody. What nobody signed is left to the object's ACL.

    Raises:
        RefusedError: denied, in AWS's words.
        UnsupportedPolicyError: a policy that bears on the call is not understood.
    """
    if ask.call.operation in _FREE or ask.principal is ANONYMOUS:
        return
    if ask.principal.role:
        _judge(ask, policies_of(ask.account, ask.principal.role), limits_of(ask.account, ask.principal))
    elif (
        ask.call.service in ("s3", "sqs") and ask.call.operation not in _OWNERS
    ) or ask.call.operation == "AssumeRole":
        _judge(ask, [_ALL], {})


def _judge(ask: Ask, identity: Sequence[Policy], limits: Mapping[str, Policy]) -> None:
    for demand in demands(ask):
        request = Request(
            ask.principal.arn, demand.action, demand.resource, demand.context, ask.principal.role
        )
        verdict = evaluate(request, identity, demand.policy, limits=limits, gated=_gated(ask, demand))
        if not verdict.allowed:
            raise _refused(ask, request, verdict)


def _gated(ask: Ask, demand: Demand) -> bool:
    """Keys without a policy that is known here (AWS's own) and lists of keys are not gated."""
    return demand.gated and (demand.policy is not None or ask.call.operation == "AssumeRole")


def _refused(ask: Ask, request: Request, verdict: Verdict) -> RefusedError:
    text = f"User: {request.principal} is not authorized to perform: {request.action}"
    if request.resource != "*":
        text += f" on resource: {request.resource}"
    text += f" {verdict.reason}"
    if ask.call.service == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
        return RefusedError("UnauthorizedOperation", text, HTTPStatus.FORBIDDEN)
    if ask.call.service in _XML_CODES:
        return RefusedError("AccessDenied", text, HTTPStatus.FORBIDDEN)
    return RefusedError("AccessDeniedException", text, HTTPStatus.BAD_REQUEST)
