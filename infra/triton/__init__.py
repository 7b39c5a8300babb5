"""Triton (B4): a served model whose pods, once ready, need nobody to answer."""

from infra.triton.component import RouteTo, Triton, TritonArgs

__all__ = ["RouteTo", "Triton", "TritonArgs"]
