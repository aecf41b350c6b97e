"""The database: engine, sessions and migrations. Mapped classes live in the feature they belong to."""
