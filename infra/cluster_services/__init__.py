"""What other services of the cluster stand on (B9): certificates, secrets and metrics for autoscaling."""

from infra.cluster_services.component import ClusterServices, ClusterServicesArgs

__all__ = ["ClusterServices", "ClusterServicesArgs"]
