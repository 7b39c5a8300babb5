"""The chatbot beside the OCR pipeline."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import ImageDigest


class ChatbotSpec(Spec):
    """A service that talks about documents, and asks the OCR pipeline for their text.

    Attributes:
        image: of the service, by digest. It answers HTTP at port 8080 (``/healthz`` when it can), reads where
            the pipeline is from ``OCR_URL``, and its own model, if it has one, from ``MODEL_STORE``.
        replicas: at least. Default 2, in two zones.
        most: replicas at most.
        cpu: of each, as Kubernetes writes it.
        memory: of each, likewise.
    """

    image: ImageDigest
    replicas: int = Field(ge=1, le=10, default=2)
    most: int = Field(ge=1, le=20, default=4)
    cpu: str = Field(pattern=r"^[0-9]+m?$", default="500m")
    memory: str = Field(pattern=r"^[0-9]+(Mi|Gi)$", default="1Gi")
