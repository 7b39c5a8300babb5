"""What an assessment reads: code, clocks and SageMaker (C11).

Proves what is seen in a sample estate and in moto's SageMaker, that nothing is run, and that no secret leaves
its place. Whether other people's estates look like this cannot be proven here.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from moto import mock_aws

from ferry.assess import clocks, code, files, sagemaker
from ferry.assess.grouping import workloads
from ferry.assess.model import Found, Inventory, Kind, Workload
from tests.ferry.assess import account

ESTATE = Path(__file__).parent / "sample-estate"


@pytest.fixture(scope="module")
def estate() -> Inventory:
    """The sample estate, read."""
    inventory = Inventory()
    for path in files.paths([ESTATE / "jobs", ESTATE / "notebooks"]):
        files.read(path, inventory)
    clocks.crontab(ESTATE / "crontab.txt", inventory)
    clocks.cronjobs(ESTATE / "cluster/cronjobs.json", inventory)
    return inventory


@pytest.fixture(scope="module")
def cloud() -> Inventory:
    """SageMaker of the sample account, read."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        account.fill()
        inventory = Inventory()
        sagemaker.read(account.REGION, inventory)
    return inventory


def the(inventory: Inventory, name: str) -> Found:
    """The one thing of this name."""
    [found] = [item for item in inventory.found if item.name == name and not item.kind.scheduled]
    return found


def named(inventory: Inventory, name: str) -> Workload:
    """The workload of this name."""
    return next(item for item in workloads(inventory) if item.name == name)


def test_frameworks_gpus_and_data_are_seen(estate: Inventory) -> None:
    assert the(estate, "image_quality.ipynb").frameworks == {"torch"}
    assert the(estate, "image_quality.ipynb").gpus == 1
    assert the(estate, "demand_forecast.py").sources == {"snowflake"}
    features = the(estate, "churn_features.py")
    assert features.sources == {"postgres", "s3://acme-features/churn"}
    assert features.writes == {"s3://acme-features/churn"}, "by the name that holds the address"
    assert features.personal == {"email"}


def test_what_would_not_come_out_the_same_is_said(estate: Inventory) -> None:
    faults = the(estate, "segmentation.ipynb").faults
    assert "its cells were not run from top to bottom" in faults
    assert "it installs packages without versions" in faults
    assert "no random seed is set" in faults
    assert "paths of one machine: 1" in faults
    assert "no versions of its packages are pinned beside it" not in the(estate, "score_churn.py").faults


def test_notebooks_of_an_old_version_are_read(estate: Inventory) -> None:
    assert the(estate, "pricing_2014.ipynb").frameworks == {"statsmodels"}


def test_secrets_are_found_where_they_stand_and_never_kept(estate: Inventory) -> None:
    """C11: only place and kind; a look-up of the environment is no secret in code."""
    where = {secret.where.removeprefix(f"{ESTATE}/"): secret.kind for secret in estate.secrets}
    assert where == {
        "crontab.txt:3": "a password, token or key in a crontab",
        "jobs/demand_forecast.py:9": "a literal password, token or key",
        "notebooks/image_quality.ipynb#cell2:2": "AWS access key",
        "notebooks/image_quality.ipynb#output3:1": "password in a connection string",
        "search/embed-documents variable HF_API_TOKEN": "a plain value of the environment",
    }
    said = repr(estate)
    for secret in ("sommer2019", "not-a-real", "AKIAIOSFODNN7EXAMPLE", "never-printed-0"):
        assert secret not in said


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('password = "hunter2!"', True),
        ('connect(api_key="k-123456")', True),
        ('config = {"db_password": "hunter2!"}', True),
        ('os.environ.get("TOKEN", "t-123456")', True),
        ('key = "-----BEGIN RSA PRIVATE KEY-----"', True),
        ('password = os.environ["PASSWORD"]', False),
        ('password_file = "/run/secrets/db"', False),
        ('token = ""', False),
        ('secret_name = "prod/db"', False),
        ('tokenizer = "bert-base"', False),
        ('url = "postgres://reader:${PASSWORD}@db/x"', False),
    ],
)
def test_a_secret_is_told_from_its_name(line: str, secret: bool) -> None:
    assert bool(code.read(line, "x.py").secrets) is secret


def test_unreadable_files_are_reported_without_their_text_and_skipped(
    estate: Inventory, tmp_path: Path
) -> None:
    skipped = {item.where.removeprefix(f"{ESTATE}/"): item.why for item in estate.skipped}
    assert set(skipped) == {"jobs/quarterly_report.py", "notebooks/half_saved.ipynb", "crontab.txt:10"}
    assert skipped["jobs/quarterly_report.py"].startswith("not Python 3")
    inventory = Inventory()
    for name, content in {
        "latin.py": "x = 'é'".encode("latin-1"),
        "zero.py": b"x = 1\x00",
        "deep.py": b"x = " + b"-" * 100_000 + b"1",
        "list.ipynb": b"[1, 2]",
        "empty.ipynb": b"",
        "cells.ipynb": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}',
    }.items():
        (tmp_path / name).write_bytes(content)
        files.read(tmp_path / name, inventory)
    assert len(inventory.skipped) == 6
    assert not inventory.found


def test_code_is_parsed_and_never_run(tmp_path: Path) -> None:
    """C11."""
    flag = tmp_path / "ran"
    (tmp_path / "train.py").write_text(f"import torch\nopen({str(flag)!r}, 'w')\n")
    inventory = Inventory()
    files.read(tmp_path / "train.py", inventory)
    assert the(inventory, "train.py").frameworks == {"torch"}
    assert not flag.exists()


def test_clocks_belong_to_what_they_start(estate: Inventory) -> None:
    """C9, C11: by path, by module, in a shell of their own."""
    assert named(estate, "demand-forecast").cron == "0 */6 * * *"
    assert named(estate, "score-churn").cron == "30 4 * * *"
    assert named(estate, "segmentation").cron == "0 7 * * 1"
    aside = {item.where.rsplit("/", 1)[-1] for item in estate.aside}
    assert {"crontab.txt:8", "crontab.txt:9", "common.py"} <= aside
    assert the_job(estate, "old-ranking").off


def the_job(inventory: Inventory, name: str) -> Found:
    """The CronJob of this name."""
    return next(item for item in inventory.found if item.kind is Kind.CRONJOB and item.name == name)


def test_cronjobs_say_gpus_secrets_and_tags(estate: Inventory) -> None:
    job = the_job(estate, "embed-documents")
    assert (job.gpus, job.cron) == (1, "*/30 * * * *")
    assert job.sources == {"s3://acme-search/index"}
    assert ("criticality", "high") in job.tags
    assert job.exposures == ("its image is named by a tag, which may point elsewhere tomorrow",)


def test_a_system_crontab_names_the_user_before_the_command(tmp_path: Path) -> None:
    place = tmp_path / "cron.d"
    place.mkdir()
    shutil.copy(ESTATE / "crontab.txt", place / "ml")
    (place / "ml").write_text("0 1 * * * mlops /usr/bin/python3 /opt/nightly.py\n")
    inventory = Inventory()
    clocks.crontab(place / "ml", inventory)
    assert [item.name for item in inventory.found] == ["nightly.py"]


def test_who_reads_what_another_writes_waits_for_it(estate: Inventory) -> None:
    assert named(estate, "score-churn").needs == ("churn-features",)
    assert named(estate, "churn-features").needs == ()


def test_sagemaker_is_read_with_its_own_answers(cloud: Inventory) -> None:
    """C11: endpoints, pipelines, training, tuning, notebook instances, model packages."""
    assert {item.kind for item in cloud.found} == {
        Kind.ENDPOINT,
        Kind.PIPELINE,
        Kind.TRAINING,
        Kind.TUNING,
        Kind.NOTEBOOK_INSTANCE,
        Kind.MODEL_PACKAGES,
    }
    assert cloud.skipped == []
    guard = the(cloud, "card-guard-prod")
    assert (guard.machines, guard.gpus, guard.custom_image, guard.requests) == (3, 1, True, 2000)
    assert the(cloud, "forgotten").requests == 0
    runs = the(cloud, "fraud-xgb")
    assert runs.steps == 2, "two runs of one job"
    assert runs.frameworks == {"sagemaker", "xgboost"}
    assert runs.sources == {"s3://acme-data/transactions", "s3://acme-models/fraud"}


def test_an_endpoint_belongs_to_the_job_that_trained_its_model(cloud: Inventory) -> None:
    """C11: even where a newer run has made another one since."""
    kinds = {part.kind for part in named(cloud, "card-guard").parts}
    assert kinds == {Kind.ENDPOINT, Kind.TRAINING}
    prices = named(cloud, "weekly-prices")
    assert {part.kind for part in prices.parts} == {Kind.PIPELINE, Kind.TUNING, Kind.MODEL_PACKAGES}
    assert prices.joined


def test_secrets_in_sagemaker_are_places_only(cloud: Inventory) -> None:
    assert {secret.where for secret in cloud.secrets} == {
        "card-guard-prod variable DB_PASSWORD",
        "fraud-xgb variable registry_password",
    }
    assert account.SECRET not in repr(cloud)


def test_a_refused_call_is_reported_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        account.endpoint("alone", account.XGBOOST, "s3://acme-models/a/model.tar.gz")
        inventory = Inventory()
        plain = sagemaker.Account.pages

        def refused(
            self: sagemaker.Account, operation: str, key: str, **given: str
        ) -> list[sagemaker.Answer]:
            return plain(
                self, operation, key, **({"MaxResults": "no number"} if "tuning" in operation else given)
            )

        monkeypatch.setattr(sagemaker.Account, "pages", refused)
        sagemaker.read(account.REGION, inventory)
    assert [item.where for item in inventory.skipped] == ["sagemaker:list_hyper_parameter_tuning_jobs"]
    assert [item.name for item in inventory.found] == ["alone"]
