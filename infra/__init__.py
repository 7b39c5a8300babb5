"""What exists: AWS and cluster components. Knows no environment and no workload."""
