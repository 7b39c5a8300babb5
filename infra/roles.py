"""Roles: the one component for service accounts (A4), and the plain ones that AWS's own services take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra import iam
from infra.iam import Statement
from infra.scope import Component, Scope

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
MANAGED = "arn:aws:iam::aws:policy"
"""Prefix of the policies that AWS keeps."""


@dataclass(frozen=True)
class Identity:
    """A cluster's identity provider: whose tokens IAM believes.

    Attributes:
        provider_arn: IAM's OIDC provider.
        issuer: URL that signs the tokens.
    """

    provider_arn: pulumi.Output[str]
    issuer: pulumi.Output[str]


@dataclass(frozen=True)
class ServiceRoleArgs:
    """A role for one service account.

    Attributes:
        scope: environment.
        identity: the cluster that the account lives in.
        namespace: of the account.
        account: name of the account.
        statements: what the role may do; known late where ARNs are.
        managed: names of AWS-managed policies, ``AmazonEKS_CNI_Policy``; only for AWS's own components.
        create_account: whether to make the service account too; a chart or an add-on brings its own.
    """

    scope: Scope
    identity: Identity
    namespace: str
    account: str
    statements: pulumi.Input[Sequence[Statement]] | None = None
    managed: Sequence[str] = ()
    create_account: bool = False


class ServiceRole(Component):
    """An IAM role that exactly one Kubernetes service account can take (IRSA).

    Attributes:
        arn: of the role.
        name: of the role: environment and account, ``ferry-dev-pipeline-runner``.
        account: the service account, when it was asked for.
    """

    def __init__(self, name: str, args: ServiceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ServiceRole", name, opts)
        self._role = self._make_role(args)
        self._policies = self._attach(args)
        self.arn = self._role.arn
        self.name = self._role.name
        self.account = self._service_account(args) if args.create_account else None
        self.register_outputs({"arn": self.arn, "name": self.name})

    def _make_role(self, args: ServiceRoleArgs) -> aws.iam.Role:
        trust = pulumi.Output.all(args.identity.provider_arn, args.identity.issuer).apply(
            lambda known: iam.trust_service_account(known[0], known[1], args.namespace, args.account)
        )
        return aws.iam.Role(
            self.part("role"),
            name=f"{args.scope.name}-{args.account}",
            description=f"Taken by the service account {args.namespace}/{args.account} and by nobody else",
            assume_role_policy=trust,
            permissions_boundary=args.scope.boundary,
            opts=self.child(),
        )

    def _attach(self, args: ServiceRoleArgs) -> list[pulumi.Resource]:
        attached: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                self.part(policy.rpartition("/")[2]),
                role=self._role.name,
                policy_arn=f"{MANAGED}/{policy}",
                opts=self.child(),
            )
            for policy in args.managed
        ]
        if args.statements is not None:
            policy = pulumi.Output.from_input(args.statements).apply(iam.document)
            attached.append(
                aws.iam.RolePolicy(
                    self.part("policy"), name="own", role=self._role.name, policy=policy, opts=self.child()
                )
            )
        return attached

    def _service_account(self, args: ServiceRoleArgs) -> kubernetes.core.v1.ServiceAccount:
        return kubernetes.core.v1.ServiceAccount(
            self.part("account"),
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=args.account, namespace=args.namespace, annotations={ROLE_ANNOTATION: self.arn}
            ),
            automount_service_account_token=False,
            opts=self.child(depends_on=self._policies),
        )


@dataclass(frozen=True)
class PlainRole:
    """A role that an AWS service takes, and the attachments that make it useful."""

    role: aws.iam.Role
    policies: list[pulumi.Resource]

    @property
    def complete(self) -> list[pulumi.Resource]:
        """The role and its policies: what a user of the role waits for."""
        return [self.role, *self.policies]


def plain_role(
    parent: Component,
    purpose: str,
    scope: Scope,
    trust: str,
    *,
    managed: Sequence[str] = (),
    statements: pulumi.Input[Sequence[Statement]] | None = None,
) -> PlainRole:
    """A role for an AWS service, as a child of ``parent``, named after the environment and its purpose."""
    role = aws.iam.Role(
        parent.part(f"{purpose}-role"),
        name=f"{scope.name}-{purpose}",
        assume_role_policy=trust,
        permissions_boundary=scope.boundary,
        opts=parent.child(),
    )
    policies: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            parent.part(f"{purpose}-{name.rpartition('/')[2]}"),
            role=role.name,
            policy_arn=f"{MANAGED}/{name}",
            opts=parent.child(),
        )
        for name in managed
    ]
    if statements is not None:
        policy = pulumi.Output.from_input(statements).apply(iam.document)
        policies.append(
            aws.iam.RolePolicy(
                parent.part(f"{purpose}-policy"),
                name="own",
                role=role.name,
                policy=policy,
                opts=parent.child(),
            )
        )
    return PlainRole(role, policies)
