"""Two small pipelines (B2): what a pipeline looks like here, and what every rehearsal runs.

Nothing of the program imports this: who writes pipelines needs Kubeflow's SDK, ``pulumi up`` does not.
"""
