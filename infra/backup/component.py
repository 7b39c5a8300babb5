"""The vaults, the plan, and the roles that take and bring back."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.backup import plan
from infra.backup.plan import Rule
from infra.keys import account_decides, make_key
from infra.roles import PlainRole, plain_role
from infra.scope import Component, Scope
from infra.specs.backup import BackupSpec

SERVICE = "backup.amazonaws.com"
TAKES = ("service-role/AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForS3Backup")
BRINGS_BACK = ("service-role/AWSBackupServiceRolePolicyForRestores", "AWSBackupServiceRolePolicyForS3Restore")
"""AWS keeps these policies in step with what its service does; the permissions boundary narrows them."""


@dataclass(frozen=True)
class BackupArgs:
    """Backup of one environment.

    Attributes:
        copy_region: where the copies go; None keeps everything at home.
        away: provider of that region; needed exactly when it is given.
    """

    scope: Scope
    spec: BackupSpec
    copy_region: str | None = None
    away: pulumi.ProviderResource | None = None


class Backup(Component):
    """What carries the environment's tag is taken by the clock, and kept where no slip of the hand reaches.

    Attributes:
        vault: name of the vault at home.
        copies: ARN of the vault in the other region, if there is one.
        plan_id: of the plan.
        restore_role: ARN of the role that a restore job is given.
    """

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Backup", name, opts)
        self._args = args
        self._rules = plan.rules(args.spec, copied=args.copy_region is not None)
        self._vault = self._make_vault("vault", args.scope)
        self._copies = self._copy_vault()
        self._plan = self._make_plan()
        self._select(self._role("backup", TAKES))
        self._restorer = self._role("restore", BRINGS_BACK)
        self.vault = self._vault.name
        self.copies = self._copies.arn if self._copies else None
        self.plan_id = self._plan.id
        self.restore_role = self._restorer.role.arn
        self.register_outputs({"vault": self.vault, "plan_id": self.plan_id})

    def _copy_vault(self) -> aws.backup.Vault | None:
        args = self._args
        if args.copy_region is None:
            return None
        return self._make_vault("copies", args.scope.in_region(args.copy_region), args.away)

    def _make_vault(
        self, what: str, scope: Scope, provider: pulumi.ProviderResource | None = None
    ) -> aws.backup.Vault:
        """With a key of its own: whoever can read the data still cannot read its backups."""
        own = [account_decides(scope.account)]
        key = make_key(self, f"backup-{what}", f"Backups ({what})", scope, own, provider=provider)
        vault = aws.backup.Vault(
            self.part(what),
            name=f"{scope.name}-{what}",
            kms_key_arn=key,
            force_destroy=scope.teardown,
            opts=self.child(protect=scope.protected, provider=provider),
        )
        self._lock(what, vault, provider)
        return vault

    def _lock(self, what: str, vault: aws.backup.Vault, provider: pulumi.ProviderResource | None) -> None:
        """A reviewed teardown lifts it, as far as AWS lets it be lifted."""
        spec = self._args.spec
        if spec.lock == "none" or self._args.scope.teardown:
            return
        fewest, most = plan.lock_days(spec, self._rules)
        aws.backup.VaultLockConfiguration(
            self.part(f"{what}-lock"),
            backup_vault_name=vault.name,
            min_retention_days=fewest,
            max_retention_days=most,
            changeable_for_days=spec.lock_grace_days if spec.lock == "compliance" else None,
            opts=self.child(provider=provider),
        )

    def _make_plan(self) -> aws.backup.Plan:
        return aws.backup.Plan(
            self.part("plan"),
            name=self._args.scope.name,
            rules=[self._rule(rule) for rule in self._rules],
            opts=self.child(),
        )

    def _rule(self, rule: Rule) -> aws.backup.PlanRuleArgs:
        copies = []
        if self._copies is not None and rule.copy_keep_days is not None:
            kept = aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=rule.copy_keep_days)
            copies = [
                aws.backup.PlanRuleCopyActionArgs(destination_vault_arn=self._copies.arn, lifecycle=kept)
            ]
        return aws.backup.PlanRuleArgs(
            rule_name=rule.name,
            target_vault_name=self._vault.name,
            schedule=rule.schedule,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=rule.keep_days),
            copy_actions=copies,
        )

    def _role(self, purpose: str, managed: tuple[str, ...]) -> PlainRole:
        scope = self._args.scope
        trust = iam.trust_service(SERVICE, {"StringEquals": {"aws:SourceAccount": scope.account}})
        return plain_role(self, purpose, scope, trust, managed=managed)

    def _select(self, role: PlainRole) -> None:
        key, value = plan.condition(self._args.scope.name)
        equal = aws.backup.SelectionConditionStringEqualArgs(key=key, value=value)
        aws.backup.Selection(
            self.part("selection"),
            name=self._args.scope.name,
            plan_id=self._plan.id,
            iam_role_arn=role.role.arn,
            resources=list(plan.TAKEN_OF),
            conditions=[aws.backup.SelectionConditionArgs(string_equals=[equal])],
            opts=self.child(depends_on=role.policies),
        )
