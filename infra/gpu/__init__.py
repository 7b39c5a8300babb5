"""GPUs on the cluster's nodes (B8): offered to pods, measured, and checked on demand."""

from infra.gpu.component import Gpu, GpuArgs

__all__ = ["Gpu", "GpuArgs"]
