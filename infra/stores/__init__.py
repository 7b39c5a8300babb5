"""Artifact stores (A5): S3 buckets that keep every version, encrypted, and tell who read them."""

from infra.stores.component import ArtifactStores, ArtifactStoresArgs

__all__ = ["ArtifactStores", "ArtifactStoresArgs"]
