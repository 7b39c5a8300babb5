"""The image's ``prepare`` and ``rotate`` against real Postgres in RDS' place (A7).

Proves what Postgres accepts of them as a master that is no superuser. Secrets Manager is a file here; the
rehearsal has the emulated one, and MLflow itself.
"""

from __future__ import annotations

from tests.sandbox.servers.conftest import MASTER, WORD, Instance


def test_first_run_brings_an_owner_nobody_logs_in_as_a_login_and_both_databases(instance: Instance) -> None:
    said = instance.prepare("prepare")
    assert "mlflow_a has a new password" in said
    sql = instance.server.sql
    rows = "SELECT rolname, rolcanlogin, rolsuper, rolcreaterole FROM pg_roles"
    rows += " WHERE rolname LIKE 'mlflow%' ORDER BY 1"
    assert sql(rows).splitlines() == ["mlflow|f|f|f", "mlflow_a|t|f|f"]
    owners = (
        "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname LIKE 'mlflow%' ORDER BY 1"
    )
    assert sql(owners).splitlines() == ["mlflow|mlflow", "mlflow_auth|mlflow"]


def test_second_run_changes_nothing(instance: Instance) -> None:
    instance.prepare("prepare")
    before = instance.vault.read_text()
    assert instance.prepare("prepare") == ""
    assert instance.vault.read_text() == before


def test_rotation_gives_the_other_login_a_password_and_leaves_the_one_in_use(instance: Instance) -> None:
    instance.prepare("prepare")
    used = instance.secrets["database"][-1]
    instance.prepare("rotate")
    new = instance.secrets["database"][-1]
    assert new["username"] != used["username"]
    assert instance.login(**_named(new)) == instance.login(**_named(used)) == "ok"


def test_second_rotation_ends_the_old_password(instance: Instance) -> None:
    instance.prepare("prepare")
    used = instance.secrets["database"][-1]
    instance.prepare("rotate")
    instance.prepare("rotate")
    assert "password authentication failed" in instance.login(**_named(used))


def test_password_that_postgres_no_longer_takes_is_made_anew(instance: Instance) -> None:
    """As after a restore of an older backup."""
    instance.prepare("prepare")
    used = instance.secrets["database"][-1]
    instance.server.sql(f"ALTER ROLE {used['username']} PASSWORD 'of-the-backup'")
    assert "new password" in instance.prepare("prepare")
    assert instance.login(**_named(instance.secrets["database"][-1])) == "ok"


def test_what_a_login_makes_belongs_to_the_owner_and_so_to_the_next_login(
    instance: Instance,
) -> None:
    instance.prepare("prepare")
    used = instance.secrets["database"][-1]
    script = (
        "import psycopg, sys; c = psycopg.connect(user=sys.argv[1], password=sys.argv[2], dbname='mlflow'); "
    )
    script += "c.execute('CREATE TABLE IF NOT EXISTS made (a int)'); c.commit()"
    assert instance.python("-c", script, *used.values()).returncode == 0
    assert (
        instance.server.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'made'", "mlflow") == "mlflow"
    )


def test_no_password_reaches_postgres_log(instance: Instance) -> None:
    """Statements that change roles are logged; the server is told hashes only."""
    instance.prepare("rotate")
    logs = "".join(path.read_text() for path in instance.vault.parent.glob("logs/postgres*.log"))
    words = {version["password"] for versions in instance.secrets.values() for version in versions}
    assert "ALTER ROLE" in logs
    assert not [word for word in words - {WORD} if word in logs]


def test_connection_without_tls_is_refused_as_rds_refuses_it(instance: Instance) -> None:
    assert "TLS connections only" in instance.login(MASTER, WORD, PGSSLMODE="disable")


def test_server_with_another_name_than_its_certificates_is_not_believed(instance: Instance) -> None:
    assert "does not match host name" in instance.login(MASTER, WORD, PGHOST="other.example")


def _named(version: dict[str, str]) -> dict[str, str]:
    return {"user": version["username"], "password": version["password"]}
