"""What people see in Prefect: artifacts and forms."""
