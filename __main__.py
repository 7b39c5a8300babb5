"""What `pulumi up` runs: the environment that this stack's configuration describes."""

from stacks.program import run

run()
