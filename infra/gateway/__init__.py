"""The way in (B6): Envoy Gateway, its proxies, and the network load balancer before them."""

from infra.gateway.component import Gateway, GatewayArgs

__all__ = ["Gateway", "GatewayArgs"]
