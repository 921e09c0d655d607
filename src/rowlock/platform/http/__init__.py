"""The edge: request ids, problems, bodies, idempotency keys, the OpenAPI document."""
