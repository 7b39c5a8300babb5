"""A SageMaker of moto with a small estate in it, some of whose parts are connected."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/sagemaker"
XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud-serving:12"
SECRET = "never-to-be-printed-7"  # noqa: S105 - the marker that no output may hold


def endpoint(
    name: str, image: str, model: str, *, count: int = 1, instance: str = "ml.m5.large", **more: Any
) -> None:
    """An endpoint with one variant."""
    sagemaker = boto3.client("sagemaker", REGION)
    container = {"Image": image, "ModelDataUrl": model, **more}
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {
        "VariantName": "blue",
        "ModelName": name,
        "InitialInstanceCount": count,
        "InstanceType": instance,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    tags = [{"Key": "team", "Value": "payments"}, {"Key": "environment", "Value": "prod"}]
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)


def training(name: str, output: str, instance: str = "ml.g4dn.xlarge") -> str:
    """A training job; returns where its model lies."""
    sagemaker = boto3.client("sagemaker", REGION)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://acme-data/transactions/"}}
    sagemaker.create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        InputDataConfig=[{"ChannelName": "train", "DataSource": source}],
        OutputDataConfig={"S3OutputPath": output},
        ResourceConfig={"InstanceType": instance, "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
        HyperParameters={"max_depth": "6", "registry_password": SECRET},
    )
    found = sagemaker.describe_training_job(TrainingJobName=name)
    return str(found["ModelArtifacts"]["S3ModelArtifacts"])


def fill() -> None:
    """The estate."""
    sagemaker = boto3.client("sagemaker", REGION)
    model = training("fraud-xgb-2026-11-01", "s3://acme-models/fraud/")
    training("fraud-xgb-2026-10-01", "s3://acme-models/fraud/")
    endpoint(
        "card-guard-prod", OWN, model, count=3, instance="ml.g4dn.xlarge", Environment={"DB_PASSWORD": SECRET}
    )
    endpoint("forgotten", XGBOOST, "s3://acme-models/forgotten/model.tar.gz")
    sagemaker.create_notebook_instance(
        NotebookInstanceName="kims-notes", InstanceType="ml.t3.medium", RoleArn=ROLE
    )
    sagemaker.create_model_package_group(
        ModelPackageGroupName="pricing", ModelPackageGroupDescription="prices"
    )
    sagemaker.create_model_package(ModelPackageGroupName="pricing", ModelPackageDescription="first")
    step = {"Name": "Register", "Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "pricing"}}
    steps = [{"Name": "Train", "Type": "Training", "Arguments": {"Image": XGBOOST}}, step]
    sagemaker.create_pipeline(
        PipelineName="weekly-prices",
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": steps}),
        RoleArn=ROLE,
        ClientRequestToken="a" * 32,
    )
    search = {"Strategy": "Bayesian", "ResourceLimits": {"MaxParallelTrainingJobs": 3}}
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="weekly-prices-tuning-2026", HyperParameterTuningJobConfig=search
    )
    asked("card-guard-prod", 28_000)


def asked(name: str, requests: float) -> None:
    """So many requests an hour ago."""
    dimensions = [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "blue"}]
    datum = {
        "MetricName": "Invocations",
        "Dimensions": dimensions,
        "Value": requests,
        "Timestamp": datetime.now(UTC) - timedelta(hours=1),
    }
    boto3.client("cloudwatch", REGION).put_metric_data(Namespace="AWS/SageMaker", MetricData=[datum])
