"""STS: who is asking. moto calls the account's own keys a user, and knows no signature in a query."""

from __future__ import annotations

from moto.sts.models import sts_backends

from sandbox.aws.gaps.asking import Ask, Gap


def caller(ask: Ask) -> object:
    """GetCallerIdentity."""
    if not ask.principal.role:
        return {"UserId": ask.account, "Account": ask.account, "Arn": ask.principal.arn}
    user, arn, account = sts_backends[ask.account]["aws"].get_caller_identity(ask.call.access_key, ask.region)
    return {"UserId": user, "Account": account, "Arn": arn}


GAP = Gap("sts", {"GetCallerIdentity": caller})
