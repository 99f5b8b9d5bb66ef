"""The scale proof: Prefect's server on Postgres and Redis, several machines, one of them killed."""
