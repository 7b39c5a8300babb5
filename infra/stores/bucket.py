"""One bucket with everything that makes it a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.iam import Statement
from infra.scope import Component, Scope
from infra.specs.storage import Purpose, StorageSpec
from infra.stores import policy

LOGS_KEPT_DAYS = 365
"""Access logs are read after an incident, and most are found within a year."""
UNFINISHED_DAYS = 7
"""Parts of an upload that nobody finished cost money and are seen by nobody."""


@dataclass(frozen=True)
class StoreArgs:
    """One store.

    Attributes:
        scope: environment, in the region where the bucket is.
        purpose: one of the artifact stores', or a word of its own for another component's bucket.
        key: ARN of its key; None for the store of access logs: S3 does not deliver to KMS.
        logs: name of the store of access logs; None for that store itself and for copies.
        provider: of a region other than the component's own.
        statements: who may write, in the place of the rule about the key; every store is TLS only besides.
        backed_up: AWS Backup takes it, where that is switched on.
        expire_days: days after which an object goes; None keeps it and moves it to cheaper storage.
    """

    scope: Scope
    spec: StorageSpec
    purpose: Purpose | str
    key: pulumi.Output[str] | None
    logs: pulumi.Input[str] | None = None
    provider: pulumi.ProviderResource | None = None
    statements: Sequence[Statement] | None = None
    expire_days: int | None = None
    backed_up: bool = False


def bucket_name(scope: Scope, purpose: Purpose | str) -> str:
    """Names of buckets are one space for the whole world: the account and the region are part of them."""
    return f"{scope.name}-{purpose}-{scope.account}-{scope.region}"


class Store(Component):
    """A versioned, encrypted bucket that is closed to the public.

    Attributes:
        name: of the bucket.
        arn: of the bucket.
        versioning: what replication waits for.
        policy: what a service that delivers here waits for.
    """

    def __init__(self, name: str, args: StoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Store", name, opts)
        self._args = args
        self._bucket = self._make_bucket()
        self.versioning = self._versioning()
        self._encryption()
        self._ownership()
        self.policy = self._policy(self._public_access())
        self._lifecycle()
        self._logging()
        self.name = self._bucket.bucket
        self.arn = self._bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _own(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return self.child(provider=self._args.provider, depends_on=list(after))

    def _make_bucket(self) -> aws.s3.Bucket:
        scope = self._args.scope
        return aws.s3.Bucket(
            self.part("bucket"),
            bucket=bucket_name(scope, self._args.purpose),
            force_destroy=scope.teardown,
            tags=scope.backed_up if self._args.backed_up else None,
            opts=self.child(provider=self._args.provider, protect=scope.protected),
        )

    def _versioning(self) -> aws.s3.BucketVersioning:
        enabled = aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled")
        return aws.s3.BucketVersioning(
            self.part("versioning"),
            bucket=self._bucket.bucket,
            versioning_configuration=enabled,
            opts=self._own(),
        )

    def _encryption(self) -> None:
        key = self._args.key
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key is None else "aws:kms", kms_master_key_id=key
        )
        rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=by_default,
            bucket_key_enabled=None if key is None else True,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self.part("encryption"), bucket=self._bucket.bucket, rules=[rule], opts=self._own()
        )

    def _ownership(self) -> None:
        rule = aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced")
        aws.s3.BucketOwnershipControls(
            self.part("ownership"), bucket=self._bucket.bucket, rule=rule, opts=self._own()
        )

    def _public_access(self) -> aws.s3.BucketPublicAccessBlock:
        return aws.s3.BucketPublicAccessBlock(
            self.part("closed"),
            bucket=self._bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._own(),
        )

    def _policy(self, block: pulumi.Resource) -> aws.s3.BucketPolicy:
        """After the block: S3 refuses two changes of a bucket's access at once."""
        name, scope, key = bucket_name(self._args.scope, self._args.purpose), self._args.scope, self._args.key
        if self._args.statements is not None:
            document: pulumi.Input[str] = iam.document([policy.tls_only(name), *self._args.statements])
        elif key is None:
            logs = policy.logs_may_come(name, scope.account, f"{scope.name}-")
            document = iam.document([policy.tls_only(name), logs])
        else:
            document = key.apply(
                lambda arn: iam.document([policy.tls_only(name), *policy.own_key_only(name, arn)])
            )
        return aws.s3.BucketPolicy(
            self.part("policy"), bucket=self._bucket.bucket, policy=document, opts=self._own(block)
        )

    def _lifecycle(self) -> None:
        """After versioning: rules about old versions mean nothing before it."""
        spec, rule = self._args.spec, aws.s3.BucketLifecycleConfigurationRuleArgs
        old = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=spec.expire_noncurrent_days
        )
        unfinished = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=UNFINISHED_DAYS
        )
        everything = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
        tidy = rule(
            id="tidy",
            status="Enabled",
            filter=everything,
            noncurrent_version_expiration=old,
            abort_incomplete_multipart_upload=unfinished,
        )
        aws.s3.BucketLifecycleConfiguration(
            self.part("lifecycle"),
            bucket=self._bucket.bucket,
            rules=[tidy, self._aging(everything)],
            opts=self._own(self.versioning),
        )

    def _aging(
        self, everything: aws.s3.BucketLifecycleConfigurationRuleFilterArgs
    ) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
        """Logs go in the end; everything else moves to storage that costs half and is read rarely."""
        days = LOGS_KEPT_DAYS if self._args.purpose is Purpose.ACCESS_LOGS else self._args.expire_days
        if days is not None:
            end = aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days)
            return aws.s3.BucketLifecycleConfigurationRuleArgs(
                id="expire", status="Enabled", filter=everything, expiration=end
            )
        move = aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(
            days=self._args.spec.archive_after_days, storage_class="STANDARD_IA"
        )
        return aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="archive", status="Enabled", filter=everything, transitions=[move]
        )

    def _logging(self) -> None:
        if self._args.logs is not None:
            aws.s3.BucketLogging(
                self.part("logging"),
                bucket=self._bucket.bucket,
                target_bucket=self._args.logs,
                target_prefix=f"{self._args.purpose}/",
                opts=self._own(),
            )
