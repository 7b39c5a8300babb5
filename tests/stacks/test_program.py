"""The program itself: what it reads, what it exports, and how it ends when the configuration is wrong (E1).

Proves the program's side with the SDK's mocks; that the engine shows one message is the SDK's part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config as runtime_config

from infra.charts.lock import FETCHED, Chart, Lock
from stacks import program
from tests.infra.engine import run
from tests.infra.environments import made, settings
from tests.stacks.conftest import tree_of


def as_engine(environment: str, more: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Configuration as the engine hands it over: full keys, JSON for objects."""
    tree = {**tree_of(environment), **(more or {})}
    return {
        f"ferry:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in tree.items()
    }


@pytest.fixture(autouse=True)
def _no_configuration() -> Iterator[None]:
    runtime_config.set_all_config({})
    yield
    runtime_config.set_all_config({})


def read() -> Any:
    """Settings as the program reads them, inside a running stack."""
    found: list[Any] = []
    run(lambda: found.append(program.read_settings()))
    return found[0]


def test_settings_come_from_what_the_automation_api_sets() -> None:
    runtime_config.set_all_config(as_engine("dev"), [])
    assert read() == settings("dev")


def test_settings_come_from_what_the_command_line_puts_into_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(as_engine("dev")))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", "[]")
    assert read() == settings("dev")


def test_misspelt_key_ends_the_program_before_the_first_resource() -> None:
    runtime_config.set_all_config(as_engine("dev", {"netwrok": {}}), [])
    registered: list[Any] = []

    def attempt() -> None:
        with pytest.raises(pulumi.RunError, match="netwrok") as caught:
            program.run()
        registered.append(caught.value)

    found = run(attempt)
    assert [item.type for item in found.resources] in ([], ["pulumi:pulumi:Stack"])
    assert registered[0].__cause__ is None
    assert registered[0].__suppress_context__, "the engine would show where it was raised"


def refusal(environment: str, **more: Any) -> str:
    """What the program says to this configuration; empty if nothing."""
    runtime_config.set_all_config(as_engine(environment, more), [])
    said: list[str] = []

    def attempt() -> None:
        try:
            pulumi.runtime.settings.SETTINGS.stack = environment
            program.read_settings()
        except pulumi.RunError as error:
            said.append(str(error))

    run(attempt, stack=environment)
    return "".join(said)


@pytest.fixture
def lock_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Chart]:
    """Puts a lock of one chart into the place of the committed one."""

    def put(**more: Any) -> Chart:
        chart = Chart.model_validate({"name": "karpenter", "version": "1.12.1", **more})
        monkeypatch.setattr(program, "committed", lambda: Lock(charts=[chart]))
        return chart

    return put


LOOSE = {"repository": "oci://registry.test", "unverified": "new"}


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_where_data_is_kept_a_chart_that_is_not_pinned_is_refused_before_the_first_resource(
    environment: str, lock_of: Callable[..., Chart]
) -> None:
    """Charts by digest: the refusal says which, why, and both ways out."""
    lock_of(**LOOSE)
    said = refusal(environment)
    assert "1 charts are pinned by version only (karpenter 1.12.1)" in said
    assert "ferry charts lock" in said
    assert refusal(environment, unverified_charts="agreed by A. Person until Monday") == ""


def test_dev_and_a_pinned_chart_are_let_through(lock_of: Callable[..., Chart]) -> None:
    lock_of(**LOOSE)
    assert refusal("dev") == ""
    lock_of(repository="oci://registry.test", digest=f"sha256:{'a' * 64}", source="test")
    assert refusal("prod") == ""


def test_a_fetched_archive_that_is_not_the_locked_one_is_refused_everywhere(
    lock_of: Callable[..., Chart], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = lock_of(repository="https://charts.test", archive=f"sha256:{'a' * 64}", source="test")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / FETCHED / chart.file
    file.parent.mkdir()
    file.write_bytes(b"another chart")
    assert "ferry charts fetch karpenter" in refusal("dev")


def test_secret_in_the_configuration_is_refused_by_name() -> None:
    runtime_config.set_all_config(as_engine("dev"), ["ferry:owner"])

    def attempt() -> None:
        with pytest.raises(pulumi.RunError, match="ferry:owner"):
            program.read_settings()

    run(attempt)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_environment_exports_the_same_outputs(environment: str) -> None:
    """Those of the foundation; what a service adds stands beside its own tests."""
    exported = made(environment).exports
    assert set(exported) >= {
        "cluster_name",
        "cluster_endpoint",
        "kubeconfig",
        "oidc_issuer",
        "vpc_id",
        "stores",
        "roles",
        "redis",
        "postgres",
        "registry",
        "karpenter",
        "workloads",
    }
    assert set(exported["stores"]) == {
        "models",
        "pipelines",
        "mlflow",
        "training-data",
        "evidence",
        "access-logs",
    }
    assert set(exported["registry"]) == set(settings(environment).registry.repositories)


def test_kubeconfig_holds_no_credential() -> None:
    config = json.loads(made("dev").exports["kubeconfig"])
    user = config["users"][0]["user"]
    assert set(user) == {"exec"}
    assert user["exec"]["args"][:2] == ["eks", "get-token"]
    assert config["clusters"][0]["cluster"]["server"] == "https://api.example"
