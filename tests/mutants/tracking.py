"""Mutants of MLflow and its database (B1, A4, A7)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_PODS = "infra/mlflow/pods.py"
_COMPONENT = "infra/mlflow/component.py"
_TOLD = "tests/infra/mlflow/test_pods.py::test"
_MADE = "tests/infra/mlflow/test_component.py::test"
_REFUSED = "tests/infra/mlflow/test_policy.py::test"
_IMAGE = "tests/images/test_mlflow_image.py::test"

TRACKING: tuple[Mutant, ...] = (
    Mutant(
        "B1",
        _PODS,
        '"--app-name=basic-auth",',
        "",
        f"{_TOLD}_server_asks_for_users_passes_artifacts_on_and_answers_to_its_names_only",
    ),
    Mutant(
        "B1",
        _PODS,
        '"whenUnsatisfiable": "DoNotSchedule",',
        '"whenUnsatisfiable": "ScheduleAnyway",',
        f"{_TOLD}_servers_are_spread_over_zones_and_replaced_one_by_one",
    ),
    Mutant(
        "B1",
        _COMPONENT,
        "opts=self._within(self._migrated),",
        "opts=self._within(),",
        f"{_MADE}_servers_wait_for_the_migration_and_it_for_the_database",
    ),
    Mutant(
        "B1",
        _COMPONENT,
        'self._metadata(f"mlflow-{what}-{self._plan.version}", what)',
        'self._metadata(f"mlflow-{what}", what)',
        f"{_MADE}_another_image_migrates_anew",
    ),
    Mutant(
        "B1",
        "stacks/services.py",
        'replicas=2 if self._on("high_availability") else 1,',
        "replicas=1,",
        f"{_MADE}_production_has_two_servers_and_a_foundation_one",
    ),
    Mutant(
        "A7",
        _PODS,
        '{"name": "PGSSLMODE", "value": "verify-full"},',
        '{"name": "PGSSLMODE", "value": "require"},',
        f"{_TOLD}_postgres_has_to_show_a_certificate_with_its_name",
    ),
    Mutant(
        "A7",
        "infra/mlflow/policy.py",
        "own = vault.reading([reach.database, reach.server],",
        "own = vault.reading([reach.master, reach.database, reach.server],",
        f"{_REFUSED}_server_reads_its_own_secrets_and_not_the_masters",
    ),
    Mutant(
        "A7",
        "images/mlflow/ferry_mlflow/names.py",
        "return LOGINS[1] if login == LOGINS[0] else LOGINS[0]",
        "return login or LOGINS[0]",
        f"{_IMAGE}_logins_take_turns_so_that_the_one_in_use_keeps_its_password",
    ),
    Mutant(
        "A7",
        "images/mlflow/ferry_mlflow/serving.py",
        'return self._accepts(found.values["username"], found.values["password"])',
        "return True",
        f"{_IMAGE}_rotation_waits_while_postgres_does_not_know_the_new_password",
    ),
    Mutant(
        "A4",
        "infra/vault.py",
        'actions=["secretsmanager:PutSecretValue"], resources=own)',
        'actions=["secretsmanager:PutSecretValue"], resources=[*own, master])',
        f"{_REFUSED}_what_prepares_the_database_sees_no_artifact_and_cannot_write_the_masters_secret",
    ),
)
