"""Serve the provider: ``FERRY_WORLD`` names the world's file; the port is the first line on stdout."""

from sandbox.providers.base import serve
from sandbox.providers.kubernetes.kubeconfig import Cluster
from sandbox.providers.kubernetes.session import KubernetesSession

VERSION = "4.34.2"
"""The pulumi-kubernetes whose behaviour this is."""

if __name__ == "__main__":
    cluster = Cluster.from_environment()
    serve(lambda: KubernetesSession(cluster), VERSION)
