"""The Kubernetes provider of the rehearsal: what pulumi-kubernetes 4.34 does, against a real API server."""
