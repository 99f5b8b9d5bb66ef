"""The six Prefect flows of a checkout, for prefect.yaml. The wheel has them as `hailuo.flows` only."""
