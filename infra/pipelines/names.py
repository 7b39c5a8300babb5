"""What is called how."""

from __future__ import annotations

NAMESPACE = "kubeflow"
CONTENT = "kubeflow-pipelines"
PREPARER = "pipelines-database"
"""The account, and the Job, that bring the databases and their user; the name of the Secret too."""
OWNER = "kubeflow"
"""After whom MySQL's logins are called."""
DATABASES = ("mlpipeline", "metadb")
"""Of the API server, and of ML Metadata."""
API = "ml-pipeline"
UI = "ml-pipeline-ui"
METADATA = "metadata-grpc-deployment"
RUNNER = "pipeline-runner"
MYSQL_PORT = 3306
API_PORTS = (8888, 8887)
"""HTTP and gRPC."""
UI_PORT = 3000
METADATA_PORTS = (8080, 9090)
"""ML Metadata's gRPC, and the proxy that browsers need before it."""
AUTHORITIES = "/run/rds"
"""Where the authorities of RDS's certificates are."""
WORKFLOWS = "workflow-controller"
"""Release of Argo's controller for pipelines; not the one of workflows of one's own."""
