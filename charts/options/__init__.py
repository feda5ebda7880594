"""What can be set in the chart: one model for each mapping of `values.yaml`."""
