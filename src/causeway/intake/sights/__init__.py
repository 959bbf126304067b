"""What is seen beside the flow of data: apps, swallowed errors, deployment, upkeep."""
