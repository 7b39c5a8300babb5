"""Reads SageMaker with its own API; only List, Describe and CloudWatch's GetMetricData are called.

A call that is refused is reported and skipped: somebody with half of the rights gets half of the answer.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ferry.assess import code
from ferry.assess.model import Found, Inventory, Kind, Secret, Skipped
from infra.specs.domain import GPUS_PER_SIZE

READERS = 8
"""Calls at once; SageMaker's Describe calls are throttled per account, and the client waits and repeats."""
WINDOW = timedelta(days=14)
"""Over which requests are counted."""
JOB = "training job "
_METRICS = 500
"""Metrics that one GetMetricData takes (its API's limit)."""
_DATE = re.compile(r"([-_]?\d{4,}([-_:.T]?\d+)*|-v\d+|-[0-9a-f]{8,})+$")
_GPU_FAMILIES = ("p2", "p3", "p4", "p5", "p6", "g4", "g5", "g6", "g7")
_AWS_IMAGES = re.compile(
    r"/(sagemaker-|xgboost|linear-learner|pytorch|tensorflow|huggingface|mxnet|autogluon|blazingtext|kmeans|object2vec)"
)
_IN_IMAGES = (*code.FRAMEWORKS, "pytorch", "huggingface", "triton")

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Account:
    """Clients of one region; ``variants``: names of an endpoint's variants, by its ARN."""

    sagemaker: Any
    cloudwatch: Any
    inventory: Inventory
    variants: dict[str, list[str]] = field(default_factory=dict)

    def pages(self, operation: str, key: str, **given: Any) -> list[Answer]:
        """Every entry of a list; empty and reported where the call is refused."""
        try:
            if self.sagemaker.can_paginate(operation):
                found = self.sagemaker.get_paginator(operation).paginate(**given)
                return [entry for page in found for entry in page.get(key, [])]
            return list(getattr(self.sagemaker, operation)(**given).get(key, []))
        except (ClientError, BotoCoreError) as error:
            self.inventory.skipped.append(Skipped(f"sagemaker:{operation}", _said(error)))
            return []

    def describe(self, operation: str, **given: str) -> Answer:
        """One answer; empty and reported where the call is refused."""
        try:
            answer: Answer = getattr(self.sagemaker, operation)(**given)
        except (ClientError, BotoCoreError) as error:
            name = next(iter(given.values()))
            self.inventory.skipped.append(Skipped(f"sagemaker:{operation} {name}", _said(error)))
            return {}
        return answer


def read(region: str, inventory: Inventory, progress: Callable[[], None] = lambda: None) -> None:
    """Add what SageMaker has in a region. ``progress`` is called once for each thing described."""
    patient = Config(
        region_name=region, retries={"mode": "adaptive", "max_attempts": 8}, max_pool_connections=16
    )
    account = Account(
        boto3.client("sagemaker", config=patient), boto3.client("cloudwatch", config=patient), inventory
    )
    jobs = list(_jobs(account))
    with ThreadPoolExecutor(READERS) as pool:
        for found in pool.map(lambda job: job(), jobs):
            inventory.found += found
            progress()
    _count_requests(account, inventory)


def _jobs(account: Account) -> Iterator[Callable[[], list[Found]]]:
    """One call for each thing that is to be described."""
    for entry in account.pages("list_endpoints", "Endpoints"):
        yield lambda entry=entry: _endpoint(account, entry)  # type: ignore[misc] # mypy: a default in a lambda
    for entry in account.pages("list_pipelines", "PipelineSummaries"):
        yield lambda entry=entry: _pipeline(account, entry)  # type: ignore[misc] # as above
    for stem, entries in _by_stem(
        account.pages("list_training_jobs", "TrainingJobSummaries"), "TrainingJobName"
    ):
        yield lambda stem=stem, entries=entries: _training(account, stem, entries)  # type: ignore[misc] # as above
    tuning = account.pages("list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries")
    for stem, entries in _by_stem(tuning, "HyperParameterTuningJobName"):
        yield lambda stem=stem, entries=entries: _tuning(account, stem, entries)  # type: ignore[misc] # as above
    for entry in account.pages("list_notebook_instances", "NotebookInstances"):
        yield lambda entry=entry: _notebook(account, entry)  # type: ignore[misc] # as above
    for entry in account.pages("list_model_package_groups", "ModelPackageGroupSummaryList"):
        yield lambda entry=entry: _packages(account, entry)  # type: ignore[misc] # as above


def _by_stem(entries: list[Answer], key: str) -> Iterator[tuple[str, list[Answer]]]:
    """Jobs of the same name but for date, number or hash at its end; the newest first."""
    stems: dict[str, list[Answer]] = defaultdict(list)
    for entry in entries:
        stems[_DATE.sub("", entry[key]) or entry[key]].append(entry)
    for stem, group in sorted(stems.items()):
        yield stem, sorted(group, key=lambda entry: (entry["CreationTime"], entry[key]), reverse=True)


def _endpoint(account: Account, entry: Answer) -> list[Found]:
    name = entry["EndpointName"]
    answer = account.describe("describe_endpoint", EndpointName=name)
    if not answer:
        return []
    config = account.describe("describe_endpoint_config", EndpointConfigName=answer["EndpointConfigName"])
    variants = config.get("ProductionVariants", [])
    models = [
        account.describe("describe_model", ModelName=item["ModelName"])
        for item in variants
        if "ModelName" in item
    ]
    boxes = [box for model in models for box in _containers(model)]
    account.variants[answer["EndpointArn"]] = [str(item["VariantName"]) for item in variants]
    exposures = [] if config.get("KmsKeyId") else ["the volume of its instances has no key of yours"]
    if any(
        not model.get("EnableNetworkIsolation") and not model.get("VpcConfig") for model in models if model
    ):
        exposures.append("its containers reach the internet")
    found = Found(
        kind=Kind.ENDPOINT,
        name=name,
        where=answer["EndpointArn"],
        machines=sum(int(item.get("InitialInstanceCount", 1)) for item in variants),
        gpus=max((gpus(str(item.get("InstanceType", ""))) for item in variants), default=0),
        steps=len(boxes),
        exposures=tuple(exposures),
        tags=_tags(account, answer["EndpointArn"]),
        off=answer.get("EndpointStatus") not in {"InService", "Updating", "Creating"},
    )
    return [replace(found, **_boxes(boxes, name))]


def _containers(model: Answer) -> list[Answer]:
    primary = [model["PrimaryContainer"]] if model.get("PrimaryContainer") else []
    return [*primary, *model.get("Containers", [])]


def _boxes(boxes: list[Answer], name: str) -> dict[str, Any]:
    """What an endpoint's containers say."""
    images = [str(box.get("Image", "")) for box in boxes]
    data = {str(box["ModelDataUrl"]) for box in boxes if box.get("ModelDataUrl")}
    packages = {str(box["ModelPackageName"]) for box in boxes if box.get("ModelPackageName")}
    variables = {key: str(value) for box in boxes for key, value in (box.get("Environment") or {}).items()}
    return {
        "frameworks": frozenset(name for image in images for name in frameworks(image)),
        "custom_image": any(image and not _AWS_IMAGES.search(image) for image in images),
        "points_at": frozenset({*data, *packages, *map(_group, packages), *map(_job, data)}),
        "secrets": tuple(_secrets(variables, name)),
    }


def _secrets(variables: Mapping[str, str], name: str) -> Iterator[Secret]:
    for key, value in variables.items():
        if code.named_secret(key, value) or code.by_form(value, name):
            yield Secret(f"{name} variable {key}", "a plain value of the environment")


def _group(package: str) -> str:
    """The group of a model package by its ARN (``…:model-package/<group>/<version>``)."""
    return package.rsplit(":model-package/", maxsplit=1)[-1].split("/", maxsplit=1)[0]


def _job(url: str) -> str:
    """The training job that made a model, as SageMaker lays it down: ``…/<job>/output/model.tar.gz``."""
    made = re.search(r"/([^/]+)/output/model\.tar\.gz$", url)
    return f"{JOB}{made[1]}" if made else url


def _pipeline(account: Account, entry: Answer) -> list[Found]:
    name = entry["PipelineName"]
    answer = account.describe("describe_pipeline", PipelineName=name)
    text = str(answer.get("PipelineDefinition") or "{}")
    try:
        steps = json.loads(text).get("Steps", [])
    except (ValueError, AttributeError):
        account.inventory.skipped.append(Skipped(f"sagemaker pipeline {name}", "its definition is not JSON"))
        return []
    return [
        Found(
            kind=Kind.PIPELINE,
            name=name,
            where=str(answer.get("PipelineArn", name)),
            steps=len(steps),
            frameworks=frozenset(frameworks(text)),
            gpus=max((gpus(kind) for kind in re.findall(r"ml\.[a-z0-9]+\.[a-z0-9]+", text)), default=0),
            sources=frozenset(code.sources(text)),
            writes=frozenset(
                code.sources(" ".join(re.findall(r'"(?:S3OutputPath|S3Uri)":\s*"([^"]+)"', text)))
            ),
            points_at=frozenset(re.findall(r'"(?:ModelPackageGroupName|EndpointName)":\s*"([^"]+)"', text)),
            secrets=tuple(code.by_form(text, f"pipeline {name}")),
            tags=_tags(account, str(answer.get("PipelineArn", ""))),
        )
    ]


def _training(account: Account, stem: str, entries: list[Answer]) -> list[Found]:
    """Described by the newest; what the older ones made is known by where it lies."""
    answer = account.describe("describe_training_job", TrainingJobName=entries[0]["TrainingJobName"])
    if not answer:
        return []
    found = _trained(Kind.TRAINING, stem, answer["TrainingJobArn"], answer, len(entries))
    jobs = {f"{JOB}{entry['TrainingJobName']}" for entry in entries}
    return [replace(found, points_at=found.points_at | jobs)]


def _tuning(account: Account, stem: str, entries: list[Answer]) -> list[Found]:
    name = entries[0]["HyperParameterTuningJobName"]
    answer = account.describe("describe_hyper_parameter_tuning_job", HyperParameterTuningJobName=name)
    definition: Answer = answer.get("TrainingJobDefinition") or next(
        iter(answer.get("TrainingJobDefinitions") or []), {}
    )
    arn = str(answer.get("HyperParameterTuningJobArn", name))
    return [_trained(Kind.TUNING, stem, arn, definition, len(entries))] if answer else []


def _trained(kind: Kind, stem: str, arn: str, answer: Answer, runs: int) -> Found:
    """What a training job's answer, or the definition in a tuning job's, says."""
    image = str((answer.get("AlgorithmSpecification") or {}).get("TrainingImage", ""))
    inputs = {
        str(((channel.get("DataSource") or {}).get("S3DataSource") or {}).get("S3Uri", ""))
        for channel in answer.get("InputDataConfig") or []
    }
    output = str((answer.get("OutputDataConfig") or {}).get("S3OutputPath", ""))
    resources = answer.get("ResourceConfig") or {}
    artifacts = str((answer.get("ModelArtifacts") or {}).get("S3ModelArtifacts", ""))
    parameters = answer.get("HyperParameters") or {}
    encrypted = (answer.get("OutputDataConfig") or {}).get("KmsKeyId")
    return Found(
        kind=kind,
        name=stem,
        where=arn,
        steps=runs,
        frameworks=frozenset(frameworks(image)),
        custom_image=bool(image) and not _AWS_IMAGES.search(image),
        gpus=gpus(str(resources.get("InstanceType", ""))) * int(resources.get("InstanceCount", 1)),
        sources=frozenset(code.sources(" ".join([*inputs, output]))),
        writes=frozenset(code.sources(output)),
        points_at=frozenset({artifacts} - {""}),
        secrets=tuple(_secrets({key: str(value) for key, value in parameters.items()}, stem)),
        exposures=() if encrypted else ("what it writes has no key of yours",),
        faults=() if any("seed" in key.lower() for key in parameters) else ("no random seed is set",),
    )


def _notebook(account: Account, entry: Answer) -> list[Found]:
    name = entry["NotebookInstanceName"]
    answer = account.describe("describe_notebook_instance", NotebookInstanceName=name)
    open_ = "Enabled" in (answer.get("RootAccess"), answer.get("DirectInternetAccess"))
    exposures = (["its users are root, or it reaches the internet"] if open_ else []) + (
        [] if answer.get("KmsKeyId") else ["its disk has no key of yours"]
    )
    return [
        Found(
            kind=Kind.NOTEBOOK_INSTANCE,
            name=name,
            where=entry["NotebookInstanceArn"],
            gpus=gpus(str(entry.get("InstanceType", ""))),
            exposures=tuple(exposures),
            faults=("its notebooks are on its own disk; nobody but its users has seen them",),
            tags=_tags(account, entry["NotebookInstanceArn"]),
            off=entry.get("NotebookInstanceStatus") != "InService",
        )
    ]


def _packages(account: Account, entry: Answer) -> list[Found]:
    name = entry["ModelPackageGroupName"]
    packages = account.pages("list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=name)
    return [
        Found(
            kind=Kind.MODEL_PACKAGES,
            name=name,
            where=entry["ModelPackageGroupArn"],
            points_at=frozenset(package["ModelPackageArn"] for package in packages),
            steps=len(packages),
            off=not packages,
        )
    ]


def _tags(account: Account, arn: str) -> tuple[tuple[str, str], ...]:
    if not arn:
        return ()
    try:
        tags = account.sagemaker.list_tags(ResourceArn=arn).get("Tags", [])
    except (ClientError, BotoCoreError):
        return ()  # tags only refine a score
    return tuple(sorted((tag["Key"], tag["Value"]) for tag in tags))


def _count_requests(account: Account, inventory: Inventory) -> None:
    """Requests a day of every endpoint; an account without the right keeps them unknown."""
    asked = [
        (found.name, found.where, variant)
        for found in inventory.found
        for variant in account.variants.get(found.where, [])
    ]
    until = datetime.now(UTC)
    counted: dict[str, float] = defaultdict(float)
    for start in range(0, len(asked), _METRICS):
        batch = asked[start : start + _METRICS]
        queries = [_query(number, name, variant) for number, (name, _, variant) in enumerate(batch)]
        try:
            answer = account.cloudwatch.get_metric_data(
                MetricDataQueries=queries, StartTime=until - WINDOW, EndTime=until
            )
        except (ClientError, BotoCoreError) as error:
            inventory.skipped.append(Skipped("cloudwatch:get_metric_data", _said(error)))
            return
        for result in answer["MetricDataResults"]:
            counted[batch[int(result["Id"][1:])][1]] += sum(result["Values"]) / WINDOW.days
    inventory.found[:] = [
        replace(found, requests=counted[found.where]) if found.where in counted else found
        for found in inventory.found
    ]


def _query(number: int, endpoint: str, variant: str) -> dict[str, Any]:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Sum"}}


def gpus(instance_type: str) -> int:
    """GPUs of a machine, ``ml.`` or not; of families other than g4dn it is only known that there is one."""
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    if family in GPUS_PER_SIZE:
        return GPUS_PER_SIZE[family].get(size, 1)
    return int(family.startswith(_GPU_FAMILIES))


def frameworks(text: str) -> set[str]:
    """Frameworks that an image's name, or a definition with images in it, names."""
    images = re.findall(r"[\w.-]+\.dkr\.ecr\.[\w.-]+/([\w./:-]+)", text)
    names = {name for image in images for name in _IN_IMAGES if name in image}
    return {{"pytorch": "torch", "huggingface": "transformers"}.get(name, name) for name in names}


def _said(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Code", "refused"))
    return type(error).__name__
