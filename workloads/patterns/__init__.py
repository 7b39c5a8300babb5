"""How a workload stands on the platform: what each pattern provisions, what guard and adapters know."""
