"""Data migration (A9): DataSync brings files and objects into the stores, and verifies what it brought."""

from infra.migration_data.component import DataMigration, DataMigrationArgs

__all__ = ["DataMigration", "DataMigrationArgs"]
