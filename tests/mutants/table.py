"""The mutants. Each breaks one requirement in one line; beside it stands the test that must notice.

A requirement's mutants are the mistakes that look harmless in a review. ``test_table.py`` keeps their lines
from rotting.
"""

from __future__ import annotations

from tests.mutants import assessing, crossing, delivering, judging, patterns, reconciling, reporting
from tests.mutants.archived import ARCHIVED
from tests.mutants.charted import CHARTED
from tests.mutants.guarded import FENCED, WATCHED
from tests.mutants.keeping import (
    AUDIT_MUTANTS,
    AVAILABILITY_MUTANTS,
    BACKUP_MUTANTS,
    MOVING_MUTANTS,
    REDIS_MUTANTS,
    ROLLOUT_MUTANTS,
    SITE_MUTANTS,
)
from tests.mutants.kubeflow import KUBEFLOW
from tests.mutants.mutant import Mutant
from tests.mutants.served import SERVED
from tests.mutants.speed import SPEED_MUTANTS
from tests.mutants.tracking import TRACKING
from tests.mutants.weight import WEIGHT

_KEEPING = "stacks/settings/rules/keeping.py"
_NODES = "stacks/settings/rules/nodes.py"
_REACH = "stacks/settings/rules/reach.py"
_BOOTSTRAP = "ferry/bootstrap/policies.py"
_CLUSTER = "infra/cluster.py"
_IAM = "infra/iam.py"
_POSTGRES = "infra/rds.py"

_MISTAKES = "tests/stacks/test_settings_mistakes.py::test_a_mistake_is_one_clear_sentence"
_FOUNDATION = "tests/stacks/test_foundation.py::test"
_POLICIES = "tests/infra/test_policies.py::test"
_TRUST = "tests/infra/test_iam.py::test"
_ROLES = "tests/ferry/bootstrap/test_bootstrap_policies.py::test"

_CHART_MUTANTS = (
    Mutant(
        "A3",
        "infra/charts/lock.py",
        'return f"{self.repository}/{self.name}" + (f"@{self.digest}" if self.digest else "")',
        'return f"{self.repository}/{self.name}"',
        "tests/infra/charts/test_lock.py::test_helm_is_given_a_chart_by_its_digest_wherever_one_is_known",
    ),
    Mutant(
        "E1",
        "stacks/charts.py",
        "if loose and settings.environment.keeps_data and not settings.unverified_charts:",
        "if loose and not settings.unverified_charts and not settings.environment.keeps_data:",
        "tests/stacks/test_program.py::"
        "test_where_data_is_kept_a_chart_that_is_not_pinned_is_refused_before_the_first_resource",
    ),
    Mutant(
        "A7",
        "infra/in_use.py",
        "opts=self.child(depends_on=[*everything], protect=scope.protected),",
        "opts=self.child(protect=scope.protected),",
        "tests/infra/test_in_use.py::test_a_destroy_without_preview_is_refused_before_it_touches_anything",
    ),
    Mutant(
        "E1",
        "sandbox/engine.py",
        "if not any(said.endswith(before) for before in self.errors):",
        "if said not in self.errors:",
        "tests/sandbox/test_engine.py::test_a_programs_refusal_is_said_once",
    ),
    Mutant(
        "E1",
        "ferry/charts/publishers.py",
        "if said and said != digest:",
        "if not digest:",
        "tests/ferry/charts/test_charts_command.py::test_a_registry_that_contradicts_itself_is_not_believed",
    ),
)

_NETWORK_MUTANTS = (
    Mutant(
        "A1",
        "infra/network.py",
        'return zone if nat == "per_zone" else 0',
        "return 0",
        f"{_FOUNDATION}_dev_has_one_nat_gateway_and_prod_one_per_zone",
    ),
    Mutant(
        "A1",
        "infra/network.py",
        '"public": {"kubernetes.io/role/elb": "1"},',
        '"public": {"kubernetes.io/role/elb": "1", DISCOVERY: cluster},',
        f"{_FOUNDATION}_only_private_subnets_are_found_by_karpenter",
    ),
    Mutant(
        "A1",
        _REACH,
        'if settings.environment.keeps_data and settings.network.nat == "single":',
        'if settings.environment.keeps_data and settings.network.nat == "none":',
        _MISTAKES,
    ),
)

_CLUSTER_MUTANTS = (
    Mutant(
        "A2",
        _CLUSTER,
        "endpoint_public_access=bool(spec.endpoint.public_cidrs),",
        "endpoint_public_access=True,",
        f"{_FOUNDATION}_production_has_no_public_endpoint_and_dev_an_allow_list",
    ),
    Mutant(
        "A2",
        _CLUSTER,
        "authentication_mode=eks.AuthenticationMode.API,",
        "authentication_mode=eks.AuthenticationMode.API_AND_CONFIG_MAP,",
        f"{_FOUNDATION}_cluster_uses_access_entries_and_encrypts_secrets",
    ),
    Mutant(
        "A2",
        _CLUSTER,
        "encryption_config_key_arn=self._args.secrets_key,",
        "",
        f"{_FOUNDATION}_cluster_uses_access_entries_and_encrypts_secrets",
    ),
    Mutant(
        "A2",
        _REACH,
        "if ipaddress.IPv4Network(text).prefixlen == 0:",
        "if ipaddress.IPv4Network(text).prefixlen < 0:",
        _MISTAKES,
    ),
    Mutant(
        "A2",
        _REACH,
        "if settings.environment is Environment.PROD and endpoint.public_cidrs:",
        "if settings.environment is Environment.DEV and endpoint.public_cidrs:",
        _MISTAKES,
    ),
)

_KARPENTER_MUTANTS = (
    Mutant("A3", _NODES, "if count > least]", "if count < least]", _MISTAKES),
    Mutant(
        "A3",
        "infra/karpenter/policy.py",
        '"StringEquals": {f"aws:ResourceTag/{place.owned}": "owned"},',
        '"StringEqualsIfExists": {f"aws:ResourceTag/{place.owned}": "owned"},',
        f"{_POLICIES}_karpenter_cannot_end_a_machine_of_anybody_else",
    ),
    Mutant(
        "A3",
        "infra/karpenter/component.py",
        "depends_on=[self._release, self._definitions, self._entry, *self._nodes.complete]",
        "depends_on=[self._definitions, self._entry, *self._nodes.complete]",
        f"{_FOUNDATION}_first_up_makes_what_is_needed_before_who_needs_it",
    ),
)

_IDENTITY_MUTANTS = (
    Mutant(
        "A4",
        _IAM,
        'f"{host}:sub": f"system:serviceaccount:{namespace}:{account}", ',
        "",
        f"{_TRUST}_role_refuses_another_account_namespace_and_audience",
    ),
    Mutant(
        "A4",
        _IAM,
        ', f"{host}:aud": STS}',
        "}",
        f"{_TRUST}_role_refuses_another_account_namespace_and_audience",
    ),
    Mutant(
        "A4",
        _IAM,
        'if wild and self.effect == "Allow" and not self.reason:',
        'if wild and self.effect == "Deny" and not self.reason:',
        f"{_TRUST}_wildcard_without_a_reason_is_refused",
    ),
    Mutant(
        "A4",
        "sandbox/aws/demands.py",
        "return resource if key is None else str(key.arn)",
        "return resource",
        "tests/sandbox/aws/test_authorize.py::"
        "test_a_key_named_by_its_alias_needs_a_right_to_the_key_and_to_no_alias",
    ),
    Mutant(
        "A4",
        "infra/stores/policy.py",
        "return Statement(sid=sid, actions=actions, resources=[key_arn], conditions=via)",
        "return Statement(sid=sid, actions=actions, resources=[key_arn])",
        f"{_POLICIES}_runner_uses_the_key_by_way_of_s3_only",
    ),
    Mutant(
        "A4",
        "infra/roles.py",
        "permissions_boundary=args.scope.boundary,",
        "",
        f"{_FOUNDATION}_every_role_carries_the_boundary_and_every_trust_its_conditions",
    ),
)

_STORE_MUTANTS = (
    Mutant(
        "A5",
        "infra/stores/bucket.py",
        "block_public_policy=True,",
        "block_public_policy=False,",
        f"{_FOUNDATION}_every_store_is_versioned_closed_encrypted_and_has_a_lifecycle",
    ),
    Mutant(
        "A5",
        "infra/stores/bucket.py",
        'BucketVersioningVersioningConfigurationArgs(status="Enabled")',
        'BucketVersioningVersioningConfigurationArgs(status="Suspended")',
        f"{_FOUNDATION}_every_store_is_versioned_closed_encrypted_and_has_a_lifecycle",
    ),
    Mutant(
        "A5",
        "infra/stores/bucket.py",
        "force_destroy=scope.teardown,",
        "force_destroy=True,",
        f"{_FOUNDATION}_a_destroy_without_teardown_deletes_no_content",
    ),
    Mutant(
        "A5",
        "infra/stores/policy.py",
        'conditions={"Bool": {"aws:SecureTransport": "false"}},',
        'conditions={"Bool": {"aws:SecureTransport": "true"}},',
        f"{_POLICIES}_store_refuses_a_connection_without_tls",
    ),
    Mutant(
        "A5",
        _KEEPING,
        "if replica is None and settings.environment is Environment.PROD:",
        "if replica is None and settings.environment is Environment.DEV:",
        _MISTAKES,
    ),
)

_DATA_MUTANTS = (
    Mutant(
        "A6",
        "infra/redis/elasticache.py",
        "transit_encryption_enabled=True,",
        "transit_encryption_enabled=False,",
        f"{_FOUNDATION}_elasticache_and_its_secret_get_the_same_password",
    ),
    Mutant("A6", _KEEPING, 'if redis.mode == "in_cluster":', 'if redis.mode == "":', _MISTAKES),
    Mutant(
        "A7",
        _POSTGRES,
        "manage_master_user_password=True,",
        'password="changeme",',
        f"{_FOUNDATION}_passwords_stay_out_of_everything_but_write_only_arguments",
    ),
    Mutant(
        "A7",
        _POSTGRES,
        "publicly_accessible=False,",
        "publicly_accessible=True,",
        f"{_FOUNDATION}_data_stores_are_entered_from_the_nodes_only",
    ),
    Mutant(
        "A7",
        _POSTGRES,
        "deletion_protection=spec.deletion_protection and not scope.teardown,",
        "deletion_protection=False,",
        f"{_FOUNDATION}_data_is_protected_where_it_is_kept",
    ),
    Mutant("A7", _KEEPING, "if not postgres.multi_az:", "if postgres.multi_az:", _MISTAKES),
    Mutant(
        "A8",
        "infra/registry.py",
        'image_tag_mutability="IMMUTABLE",',
        'image_tag_mutability="MUTABLE",',
        f"{_FOUNDATION}_images_are_immutable_and_scanned",
    ),
    Mutant(
        "A8",
        "infra/registry.py",
        "RepositoryImageScanningConfigurationArgs(scan_on_push=True)",
        "RepositoryImageScanningConfigurationArgs(scan_on_push=False)",
        f"{_FOUNDATION}_images_are_immutable_and_scanned",
    ),
)

_OPERATING_MUTANTS = (
    Mutant(
        "E1",
        "infra/specs/base.py",
        'extra="forbid"',
        'extra="ignore"',
        "tests/stacks/test_settings_typos.py::test_a_dropped_letter_is_refused_at_every_key",
    ),
    Mutant("E5", "stacks/rollout.py", "if on and not item.built:", "if on and item.built:", _MISTAKES),
    Mutant("E7", _BOOTSTRAP, "*_own_things_stay(place),", "", f"{_ROLES}_apply_role_is_refused"),
    Mutant(
        "E7",
        _BOOTSTRAP,
        'return trust_of(place, [f"repo:{place.repository}:environment:{place.environment}"])',
        'return trust_of(place, [f"repo:{place.repository}:*"])',
        f"{_ROLES}_a_role_trusts_exactly_its_own_jobs",
    ),
)

MUTANTS: tuple[Mutant, ...] = (
    *WEIGHT,
    *_CHART_MUTANTS,
    *_NETWORK_MUTANTS,
    *_CLUSTER_MUTANTS,
    *_KARPENTER_MUTANTS,
    *_IDENTITY_MUTANTS,
    *_STORE_MUTANTS,
    *_DATA_MUTANTS,
    *_OPERATING_MUTANTS,
    *CHARTED,
    *TRACKING,
    *KUBEFLOW,
    *AUDIT_MUTANTS,
    *SERVED,
    *crossing.MUTANTS,
    *ARCHIVED,
    *patterns.MUTANTS,
    *judging.MUTANTS,
    *assessing.MUTANTS,
    *reconciling.MUTANTS,
    *delivering.MUTANTS,
    *reporting.MUTANTS,
    *BACKUP_MUTANTS,
    *MOVING_MUTANTS,
    *REDIS_MUTANTS,
    *SPEED_MUTANTS,
    *ROLLOUT_MUTANTS,
    *AVAILABILITY_MUTANTS,
    *SITE_MUTANTS,
    *FENCED,
    *WATCHED,
)
