"""GPUs on the cluster's nodes."""

from __future__ import annotations

from infra.specs.base import Spec
from infra.specs.domain import ImageDigest


class GpuSpec(Spec):
    """What a check of the GPUs runs.

    Attributes:
        check_image: NVIDIA's CUDA base image by digest, ``nvcr.io/nvidia/cuda@sha256:…``; required, because a
            digest that nobody looked up would be worse than none.
    """

    check_image: ImageDigest
