"""Mutants of what keeps and watches data: audit, backup, data migration, the way in from on-premise."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_AUDIT = "tests/infra/audit/test_audit.py::test"

AUDIT_MUTANTS = (
    Mutant(
        "A10",
        "infra/audit/component.py",
        "enable_log_file_validation=True,",
        "enable_log_file_validation=False,",
        f"{_AUDIT}_the_trail_is_signed_encrypted_and_sees_every_region",
    ),
    Mutant(
        "A10",
        "infra/audit/policy.py",
        'conditions={"StringNotEquals": {"aws:PrincipalServiceName": writers}},',
        'conditions={"StringEquals": {"aws:PrincipalServiceName": writers}},',
        f"{_AUDIT}_only_the_trail_itself_writes_among_its_files",
    ),
    Mutant(
        "A10",
        "infra/audit/policy.py",
        'prefixes = tuple(sorted(f"{bucket_arn(name)}/" for name in stores))',
        'prefixes = tuple(sorted(f"{bucket_arn(name)}/" for name in stores[1:]))',
        f"{_AUDIT}_every_stores_objects_are_watched_for_reads_and_writes",
    ),
)

_BACKUP = "tests/infra/backup/test_backup.py::test"
_RESTORE = "tests/ferry/rehearsal/test_restoring.py::test"

BACKUP_MUTANTS = (
    Mutant(
        "A11",
        "infra/backup/plan.py",
        "copy = spec.copy_keep_days if copied else None",
        "copy = None",
        f"{_BACKUP}_production_copies_every_backup_to_the_other_region",
    ),
    Mutant(
        "A11",
        "infra/backup/component.py",
        'if spec.lock == "none" or self._args.scope.teardown:',
        'if spec.lock != "compliance" or self._args.scope.teardown:',
        f"{_BACKUP}_productions_vaults_are_locked_for_what_the_plan_keeps",
    ),
    Mutant(
        "A11",
        "infra/rds.py",
        "tags=scope.backed_up,",
        "",
        f"{_BACKUP}_everything_that_holds_data_carries_the_tag_and_nothing_else",
    ),
    Mutant(
        "A11",
        "infra/storage_classes.py",
        '(RETAIN, "Retain", tags)',
        '(RETAIN, "Delete", tags)',
        f"{_BACKUP}_volumes_that_stay_are_taken_too",
    ),
    Mutant(
        "A11",
        "ferry/rehearsal/checks/restoring.py",
        "if back.get(key) != lost.get(key)",
        "if key not in back",
        f"{_RESTORE}_a_database_that_comes_back_otherwise_is_named",
    ),
    Mutant(
        "A11",
        "stacks/settings/rules/keeping.py",
        'if settings.environment is Environment.PROD and backup.lock == "none":',
        'if settings.environment is Environment.DEV and backup.lock == "none":',
        "tests/stacks/test_settings_mistakes.py::test_a_mistake_is_one_clear_sentence",
    ),
)

_MOVES = "tests/infra/migration_data/test_migration_data.py::test"

MOVING_MUTANTS = (
    Mutant(
        "A9",
        "infra/migration_data/component.py",
        'VERIFY = {"all": "POINT_IN_TIME_CONSISTENT",',
        'VERIFY = {"all": "NONE",',
        f"{_MOVES}_every_run_verifies_and_deletes_nothing",
    ),
    Mutant(
        "A9",
        "infra/migration_data/comparison.py",
        "if source[path] != destination[path])",
        "if len(source[path]) != len(destination[path]))",
        f"{_MOVES}_a_file_that_is_missing_or_changed_is_a_loss_and_named",
    ),
    Mutant(
        "A9",
        "infra/migration_data/comparison.py",
        "return self.source > 0 and self.arrived == self.source",
        "return self.arrived == self.source",
        f"{_MOVES}_an_empty_source_proves_nothing",
    ),
    Mutant(
        "A9",
        "infra/migration_data/policy.py",
        "return f\"{bucket_arn(bucket)}{path.rstrip('/')}/*\"",
        'return f"{bucket_arn(bucket)}/*"',
        f"{_MOVES}_a_role_reads_its_source_and_writes_its_prefix_and_nothing_else",
    ),
)

_REDIS = "tests/sandbox/servers/test_redis.py::test"

REDIS_MUTANTS = (
    Mutant(
        "A6",
        "sandbox/servers/redis.py",
        '"port": "0" if shape.tls else str(port),',
        '"port": str(port - 1) if shape.tls else str(port),',
        f"{_REDIS}_with_tls_no_port_is_open_without_it",
    ),
    Mutant(
        "A6",
        "ferry/rehearsal/checks/failover.py",
        "old = [age for age in outcome.lost if age > LAST_MOMENT_S]",
        "old = [age for age in outcome.lost if age > BOUND_S]",
        f"{_REDIS}_a_lost_write_is_judged_by_when_it_was_acknowledged",
    ),
)

_LOWERING = "tests/stacks/test_lowering.py::test"

ROLLOUT_MUTANTS = (
    Mutant(
        "E5",
        "stacks/crossings.py",
        '"legacy_adapters": spec.legacy.kind not in OWN_ADAPTERS,',
        '"legacy_adapters": False,',
        "tests/workloads/patterns/test_crossing.py::test_what_a_stage_needs_and_is_switched_off_is_one_clear_error",
    ),
    Mutant(
        "E5",
        "workloads/patterns/rebuild_and_enhance.py",
        'if "drift_detection" in has:',
        "if has:",
        "tests/workloads/patterns/test_crossing.py::test_what_is_switched_off_leaves_nothing_behind",
    ),
    Mutant(
        "E5",
        "stacks/settings/rules/keeping.py",
        "if copy is not None and copy not in named:",
        "if copy is None and copy not in named:",
        "tests/stacks/test_settings_mistakes.py::test_a_mistake_is_one_clear_sentence",
    ),
    Mutant(
        "E5",
        "ferry/status/command.py",
        "if compliance and REPORT not in settings.enabled:",
        "if not compliance and REPORT not in settings.enabled:",
        "tests/ferry/status/test_status.py::test_report_for_auditors_is_refused_where_it_is_off",
    ),
    Mutant(
        "E5",
        "stacks/lowering.py",
        "if not lines or settings.teardown:",
        "if lines or settings.teardown:",
        f"{_LOWERING}_going_down_without_a_reviewed_teardown_says_what_would_be_deleted",
    ),
    Mutant(
        "E5",
        "stacks/lowering.py",
        "return [name for name in before if name not in now and name in CAPABILITIES]",
        "return [name for name in now if name not in before and name in CAPABILITIES]",
        f"{_LOWERING}_what_is_switched_off_alone_counts_as_going_down",
    ),
)

_AVAILABILITY = "tests/ferry/availability/test_availability.py::test"

AVAILABILITY_MUTANTS = (
    Mutant(
        "E5",
        "ferry/availability/zones.py",
        'and rule.get("whenUnsatisfiable") == "DoNotSchedule":',
        'and rule.get("whenUnsatisfiable"):',
        f"{_AVAILABILITY}_what_a_zone_takes_with_it_is_named",
    ),
    Mutant(
        "E5",
        "ferry/availability/needs.py",
        'for container in pod.get("containers") or ()',
        'for container in pod.get("initContainers") or ()',
        f"{_AVAILABILITY}_each_dependency_at_run_time_is_noticed",
    ),
)

_SITE = "tests/infra/test_on_premises.py::test"

SITE_MUTANTS = (
    Mutant(
        "A13",
        "stacks/settings/rules/on_premises.py",
        "if IPv4Network(text).overlaps(IPv4Network(other)):",
        "if IPv4Network(text) == IPv4Network(other):",
        f"{_SITE}_what_cannot_work_is_refused",
    ),
    Mutant(
        "A13",
        "infra/on_premises.py",
        'preshared_key_storage="SecretsManager",',
        "",
        f"{_SITE}_a_vpn_learns_routes_and_its_keys_stay_out_of_the_state",
    ),
)
