"""Every mistake of configuration that we know of, by what it concerns; judged in test_settings_mistakes."""

from tests.stacks.mistakes import (
    crossing,
    entrance,
    forms,
    keeping,
    keys,
    kubeflow,
    nodes,
    reach,
    teams,
    tracking,
    watching,
)
from tests.stacks.mistakes.row import Row

__all__ = ["ROWS", "Row"]

ROWS = [
    *keys.ROWS,
    *forms.ROWS,
    *reach.ROWS,
    *nodes.ROWS,
    *keeping.ROWS,
    *crossing.ROWS,
    *tracking.ROWS,
    *kubeflow.ROWS,
    *entrance.ROWS,
    *teams.ROWS,
    *watching.ROWS,
]
