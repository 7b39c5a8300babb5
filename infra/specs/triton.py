"""A served model: one Triton with one model, as a workload asks for it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from infra.specs.base import Spec
from infra.specs.domain import ImageDigest, MisfitError, Quantity


def _prefix(value: str) -> str:
    if value.startswith("/") or not value.endswith("/") or ".." in value or "//" in value:
        raise MisfitError(f'"{value}" is not a folder of a bucket', "churn/7/")
    return value


class ModelSpec(Spec):
    """Which model, to the bit.

    Attributes:
        name: Triton's name of it, the folder in the repository.
        prefix: folder in the store of models that holds ``manifest.json`` and the model's files.
        digest: SHA-256 of ``manifest.json``, which in turn names the SHA-256 of every file. What was reviewed
            is what is served, whatever somebody writes to the bucket.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,38}[a-z0-9]$")
    prefix: Annotated[str, AfterValidator(_prefix)]
    digest: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")


class TritonSpec(Spec):
    """One deployment of Triton.

    Attributes:
        image: Triton, by digest.
        fetch_image: anything with Python 3 and boto3, by digest: it runs the script that fetches the model.
        model: what is served.
        gpus: per replica; 0 runs on CPU, and nothing else differs.
        cpu: requested per replica.
        memory: requested and limited per replica.
        cache: room for the model's files, on the node.
        shared_memory: between Triton and the processes of its Python back end.
        replicas: at least; the autoscaler never goes below.
        max_replicas: at most.
        queue_ms: mean wait of a request in Triton's queue, in milliseconds, above which replicas are added.
        capacity: ``on-demand``, or ``spot`` for what exceeds the floor.
        on_demand_floor: replicas that stay on on-demand nodes when the rest is on spot.
    """

    image: ImageDigest
    fetch_image: ImageDigest
    model: ModelSpec
    gpus: int = Field(ge=0, le=8, default=1)
    cpu: Quantity = "2"
    memory: Quantity = "8Gi"
    cache: Quantity = "10Gi"
    shared_memory: Quantity = "256Mi"
    replicas: int = Field(ge=1, le=100, default=2)
    max_replicas: int = Field(ge=1, le=100, default=4)
    queue_ms: int = Field(ge=1, le=10_000, default=20)
    capacity: Literal["on-demand", "spot"] = "on-demand"
    on_demand_floor: int = Field(ge=0, default=0)

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.max_replicas < self.replicas:
            raise MisfitError(
                f"max_replicas {self.max_replicas} is below replicas {self.replicas}, so nothing could scale",
                f"max_replicas: {self.replicas}",
            )
        if self.capacity == "spot" and not 0 < self.on_demand_floor < self.max_replicas:
            raise MisfitError(
                f"capacity is spot and on_demand_floor is {self.on_demand_floor}: when AWS takes the spot "
                "nodes back, nobody would answer, or nothing would ever run on spot",
                "on_demand_floor: 1",
            )
        if self.capacity == "on-demand" and self.on_demand_floor:
            raise MisfitError("on_demand_floor means nothing without capacity spot", "on_demand_floor: 0")
        return self
