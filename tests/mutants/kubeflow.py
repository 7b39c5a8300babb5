"""Mutants of Kubeflow: pipelines, search, and what runs by the clock (B2, B3, C9, E5)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CONTENTS = "tests/infra/contents/test_contents.py::test"
_KATIB = "tests/infra/katib/test_katib.py::test"
_PIPELINES = "tests/infra/pipelines/test_pipelines.py::test"
_USER = "tests/ferry/database/test_database.py::test"
_CLOCK = "tests/ferry/runs/test_runs.py::test"

KUBEFLOW: tuple[Mutant, ...] = (
    Mutant(
        "B2",
        "infra/contents/lock.py",
        "if found != self.files[path]:",
        "if not found:",
        f"{_CONTENTS}_a_changed_byte_at_the_publisher_fails_and_leaves_nothing",
    ),
    Mutant(
        "B2",
        "infra/contents/sources.py",
        "return content.check(path, place.read_bytes())",
        "return place.read_bytes()",
        f"{_CONTENTS}_a_changed_byte_in_the_folder_fails",
    ),
    Mutant(
        "B2",
        "infra/pipelines/patches.py",
        'json.dumps({"tls": "true"})',
        'json.dumps({"tls": "preferred"})',
        f"{_PIPELINES}_mysql_is_opened_by_tls_with_a_certificate_that_is_checked",
    ),
    Mutant(
        "B2",
        "infra/pipelines/patches.py",
        '"OBJECTSTORECONFIG_ACCESSKEY": "",',
        "",
        f"{_PIPELINES}_no_key_of_an_object_store_is_asked_for_anywhere",
    ),
    Mutant(
        "B2",
        "infra/mysql.py",
        '"require_secure_transport": "1",',
        "",
        f"{_PIPELINES}_mysql_takes_tls_only_and_is_kept_like_postgres",
    ),
    Mutant(
        "B9",
        "infra/pipelines/wiring.py",
        '*({"to": [{"ipBlock": {"cidr": cidr}}], **ports(("TCP", REDIS))} for cidr in stores),',
        "",
        f"{_PIPELINES}_steps_reach_a_managed_redis_in_its_ranges_and_nothing_else_there",
    ),
    Mutant(
        "B7",
        "infra/pipelines/wiring.py",
        '"ingress": [{"from": [prometheus], **ports(("TCP", METRICS))}],',
        '"ingress": [ports(("TCP", METRICS))],',
        f"{_PIPELINES}_prometheus_reads_the_counts_of_runs_and_nobody_else_does",
    ),
    Mutant(
        "B2",
        "ferry/database/mysql.py",
        'proof = f"IDENTIFIED WITH {PLUGIN} BY %s REQUIRE SSL"',
        'proof = f"IDENTIFIED WITH {PLUGIN} BY %s"',
        f"{_USER}_first_run_makes_databases_a_login_by_tls_and_the_secret",
    ),
    Mutant(
        "B2",
        "ferry/database/mysql.py",
        "return second if login == first else first",
        "return login or first",
        f"{_USER}_a_new_password_is_the_other_logins_so_that_the_one_in_use_goes_on",
    ),
    Mutant(
        "B3",
        "infra/katib/patches.py",
        'if "secrets" not in rule["resources"]',
        "if True",
        f"{_KATIB}_controller_may_read_no_secret_and_write_no_webhook",
    ),
    Mutant(
        "B3",
        "infra/katib/patches.py",
        '{"name": "KATIB_POSTGRESQL_SSL_MODE", "value": "verify-full"},',
        '{"name": "KATIB_POSTGRESQL_SSL_MODE", "value": "require"},',
        f"{_KATIB}_database_is_postgres_by_a_checked_certificate_and_a_user_of_its_own",
    ),
    Mutant(
        "B3",
        "infra/katib/patches.py",
        'hook["objectSelector"] = {"matchLabels": TRIAL}',
        "pass",
        f"{_KATIB}_only_pods_of_trials_wait_for_the_webhook",
    ),
    Mutant(
        "C9",
        "ferry/runs/deciding.py",
        "return Decision.BUSY if any(run.state in UNDER_WAY for run in own) else Decision.START",
        "return Decision.START",
        f"{_CLOCK}_a_tick_that_was_left_out_is_not_made_up_for",
    ),
    Mutant(
        "C9",
        "ferry/runs/deciding.py",
        "if any(run.name == name for run in own):",
        "if not own:",
        f"{_CLOCK}_one_tick_starts_one_run_however_often_its_pod_is_tried",
    ),
)
