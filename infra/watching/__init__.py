"""What watches the platform (requirement B7): metrics, rules, alerts and dashboards."""
