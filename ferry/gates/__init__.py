"""Gates: what is measured about a workload becomes signed evidence, or a refusal (requirement C7)."""
