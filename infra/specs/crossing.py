"""What stands between callers and both sides while workloads cross."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import Digest, ImageDigest, Quantity


class TrainingImage(Spec):
    """What a workload is trained in. Production and the rehearsal differ here and nowhere else.

    Attributes:
        image: by digest; its command ``train`` takes the parameters of the search as arguments.
        gpus: of a training run; 0 trains on CPU.
        cpu, memory: of a training run.
    """

    image: ImageDigest
    gpus: int = Field(ge=0, le=8, default=1)
    cpu: Quantity = "4"
    memory: Quantity = "16Gi"


class CrossingSpec(Spec):
    """Images of the crossing; whatever runs is named by digest.

    Attributes:
        digest: of the project's own image in the environment's repository ``ferry``: guard and adapters.
            ``docs/crossing/README.md`` says how it gets there.
        triton_image: the model server of the slots, by digest.
        fetch_image: anything with Python 3 and boto3, by digest: it brings the model into a slot.
        packaged: a workload's own code as an image, by the workload's name; wanted by one that runs in batch
            on the platform.
        trained: what a workload's search trains in, by the workload's name.
    """

    digest: Digest
    triton_image: ImageDigest
    fetch_image: ImageDigest
    packaged: dict[str, ImageDigest] = Field(default_factory=dict)
    trained: dict[str, TrainingImage] = Field(default_factory=dict)
