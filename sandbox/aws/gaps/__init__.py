"""What moto 5.2.5 lacks, one file per service."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.aws.gaps import (
    backup,
    datasync,
    ec2,
    eks,
    eks_access,
    eks_addons,
    elasticache,
    iam,
    kms,
    log_delivery,
    logs,
    pricing,
    rds,
    s3,
    ssm,
    sts,
)
from sandbox.aws.gaps.asking import PASS, Ask, Handler

_GAPS = (
    backup.GAP,
    datasync.GAP,
    eks.GAP,
    eks_access.GAP,
    eks_addons.GAP,
    pricing.GAP,
    ssm.GAP,
    ec2.GAP,
    elasticache.GAP,
    iam.GAP,
    kms.GAP,
    logs.GAP,
    rds.GAP,
    sts.GAP,
)
HANDLERS: Mapping[tuple[str, str], Handler] = {
    (gap.service, operation): handler for gap in _GAPS for operation, handler in gap.handlers.items()
}

log_delivery.prepare()
s3.prepare()


def answer(ask: Ask) -> object:
    """The result of a call that is answered here, or ``PASS``."""
    handler = HANDLERS.get((ask.call.service, ask.call.operation))
    return handler(ask) if handler else PASS
