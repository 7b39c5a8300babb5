"""What is called how."""

from __future__ import annotations

NAMESPACE = "kubeflow"
"""Katib's own manifests say so in a dozen places, its webhooks among them; Experiments live there too."""
CONTENT = "katib"
CONTROLLER = "katib-controller"
DATABASE = "katib-db-manager"
CONFIG = "katib-config"
CERTIFICATE = "katib-webhook-cert"
PREPARER = "katib-database"
"""The account, and the Job, that bring Katib's database and its user; the name of the secret too."""
COMPONENT = "katib.kubeflow.org/component"
"""Katib's own label of its pods."""
TRIAL = {"ferry.dev/katib-trial": "true"}
"""Label of a trial's pod. Katib looks at no other one: without it, each pod of the namespace would wait for
Katib before it starts."""
COLLECTED = {"katib.kubeflow.org/metrics-collector-injection": "enabled"}
"""Label of namespaces in which Katib puts a reader beside a trial."""
API_PORT = 6789
WEBHOOK_PORT = 8443
HEALTH_PORT = 18080
POSTGRES_PORT = 5432
