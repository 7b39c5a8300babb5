"""All stores of an environment, and their copies in another region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.iam import Statement
from infra.keys import account_decides, make_key
from infra.roles import PlainRole, plain_role
from infra.scope import Component, Scope
from infra.specs.storage import Purpose, StorageSpec
from infra.stores.bucket import Store, StoreArgs, bucket_name
from infra.stores.policy import Copy, bucket_arn, copying


@dataclass(frozen=True)
class ArtifactStoresArgs:
    """Stores of one environment.

    Attributes:
        key: ARN of their key.
        replica: provider of the spec's replica region; needed exactly when the spec names one.
    """

    scope: Scope
    spec: StorageSpec
    key: pulumi.Output[str]
    replica: pulumi.ProviderResource | None = None


class ArtifactStores(Component):
    """A bucket for each purpose.

    Attributes:
        buckets: purpose to the bucket's name.

    Raises:
        ValueError: a replica region without a provider for it.
    """

    def __init__(
        self, name: str, args: ArtifactStoresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if args.spec.replica_region and args.replica is None:
            raise ValueError(
                f"stores are to be copied to {args.spec.replica_region}, but no provider for it was given, "
                "so the copies would stand in the home region. Give ArtifactStoresArgs.replica."
            )
        super().__init__("ArtifactStores", name, opts)
        self._args = args
        logs = self._store(Purpose.ACCESS_LOGS, None)
        rest = [purpose for purpose in Purpose if purpose is not Purpose.ACCESS_LOGS]
        self._stores = {purpose: self._store(purpose, logs) for purpose in rest}
        if args.spec.replica_region:
            self._copies(args.spec.replica_region)
        self.buckets: dict[Purpose, pulumi.Output[str]] = {
            **{purpose: store.name for purpose, store in self._stores.items()},
            Purpose.ACCESS_LOGS: logs.name,
        }
        self.register_outputs({"buckets": {str(purpose): name for purpose, name in self.buckets.items()}})

    def _store(self, purpose: Purpose, logs: Store | None) -> Store:
        args = self._args
        key = None if purpose is Purpose.ACCESS_LOGS else args.key
        store = StoreArgs(
            args.scope,
            args.spec,
            purpose,
            key,
            logs.name if logs else None,
            backed_up=purpose is not Purpose.ACCESS_LOGS,
        )
        return Store(self.part(purpose), store, self.child(depends_on=[logs] if logs else None))

    def _copies(self, region: str) -> None:
        """A bucket, in the other region with a key of its own, for each store; one role copies them all."""
        args = self._args
        away = args.scope.in_region(region)
        own = [account_decides(args.scope.account)]
        key = make_key(self, "copies", "Copies of the stores", away, own, provider=args.replica)
        role = self._copying_role(away, key)
        for purpose, store in self._stores.items():
            copy = StoreArgs(away, args.spec, purpose, key, provider=args.replica)
            target = Store(self.part(f"{purpose}-copy"), copy, self.child())
            self._replicate(purpose, store, target, role, key)

    def _copying_role(self, away: Scope, copies_key: pulumi.Output[str]) -> PlainRole:
        home = self._args.scope
        names = [(bucket_name(home, item), bucket_name(away, item)) for item in self._stores]

        def allowed(keys: list[str]) -> list[Statement]:
            return copying([Copy(*pair, keys[0], keys[1], home.region, away.region) for pair in names])

        trust = iam.trust_service("s3.amazonaws.com", {"StringEquals": {"aws:SourceAccount": home.account}})
        known = pulumi.Output.all(self._args.key, copies_key)
        return plain_role(self, "replication", home, trust, statements=known.apply(allowed))

    def _replicate(
        self, purpose: Purpose, store: Store, target: Store, role: PlainRole, key: pulumi.Output[str]
    ) -> None:
        config = aws.s3.BucketReplicationConfigRuleArgs
        encrypted = aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
            status="Enabled"
        )
        rule = config(
            id="everything",
            status="Enabled",
            priority=0,
            filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
            delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
                status="Enabled"
            ),
            source_selection_criteria=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
                sse_kms_encrypted_objects=encrypted
            ),
            destination=aws.s3.BucketReplicationConfigRuleDestinationArgs(
                bucket=target.name.apply(bucket_arn),
                storage_class="STANDARD_IA",
                encryption_configuration=aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                    replica_kms_key_id=key
                ),
            ),
        )
        aws.s3.BucketReplicationConfig(
            self.part(f"{purpose}-replication"),
            bucket=store.name,
            role=role.role.arn,
            rules=[rule],
            opts=self.child(depends_on=[store.versioning, target.versioning, *role.policies]),
        )
