"""The ground the slices stand on: PostgreSQL, Valkey, HTTP, telemetry, embedded servers."""
