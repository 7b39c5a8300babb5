"""Karpenter (A3): nodes that come and go with the pods."""

from infra.karpenter.component import Karpenter, KarpenterArgs

__all__ = ["Karpenter", "KarpenterArgs"]
