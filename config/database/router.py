"""Keep every model of the registry on the registry's own database; the portal's is written by hand-written SQL only."""


class RegistryOnly:
    """Route all models to ``default`` and refuse to migrate anything else."""

    def db_for_read(self, model, **hints) -> str:
        """Read from the registry."""
        return "default"

    def db_for_write(self, model, **hints) -> str:
        """Write to the registry."""
        return "default"

    def allow_migrate(self, db, app_label, **hints) -> bool:
        """Migrate the registry only."""
        return db == "default"
