"""How models and workflows reach the cluster (B5): Argo CD and Argo Workflows."""

from infra.deploying.definitions import WorkflowDefinitions, WorkflowDefinitionsArgs
from infra.deploying.sync import ArgoCd, ArgoCdArgs
from infra.deploying.workflows import ArgoWorkflows, ArgoWorkflowsArgs

__all__ = [
    "ArgoCd",
    "ArgoCdArgs",
    "ArgoWorkflows",
    "ArgoWorkflowsArgs",
    "WorkflowDefinitions",
    "WorkflowDefinitionsArgs",
]
