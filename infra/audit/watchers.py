"""AWS Config and Security Hub: an account has one of each per region, so only when asked for."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.audit.policy import CONFIG
from infra.roles import plain_role
from infra.scope import Component, Scope
from infra.specs.audit import AuditSpec
from infra.stores.bucket import Store


def watch(parent: Component, scope: Scope, spec: AuditSpec, store: Store) -> None:
    """The watchers that the spec asks for, as children of ``parent``; Config delivers to ``store``."""
    recording = _recorder(parent, scope, store) if spec.config_recorder else []
    if spec.security_hub:
        aws.securityhub.Account(
            parent.part("security-hub"),
            enable_default_standards=True,
            auto_enable_controls=True,
            opts=parent.child(depends_on=recording),
        )


def _recorder(parent: Component, scope: Scope, store: Store) -> list[pulumi.Resource]:
    """Role, recorder, where it delivers, and the switch: AWS wants them in this order."""
    trust = iam.trust_service(CONFIG, {"StringEquals": {"aws:SourceAccount": scope.account}})
    role = plain_role(parent, "config", scope, trust, managed=["service-role/AWS_ConfigRole"])
    recorder = aws.cfg.Recorder(
        parent.part("config"),
        name=f"{scope.name}-config",
        role_arn=role.role.arn,
        recording_group=aws.cfg.RecorderRecordingGroupArgs(
            all_supported=True, include_global_resource_types=True
        ),
        opts=parent.child(depends_on=role.policies),
    )
    channel = aws.cfg.DeliveryChannel(
        parent.part("config-delivery"),
        name=f"{scope.name}-config",
        s3_bucket_name=store.name,
        opts=parent.child(depends_on=[recorder, store.policy]),
    )
    switch = aws.cfg.RecorderStatus(
        parent.part("config-on"),
        name=recorder.name,
        is_enabled=True,
        opts=parent.child(depends_on=[channel]),
    )
    return [switch]
