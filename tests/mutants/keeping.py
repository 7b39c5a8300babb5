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
