"""The validating webhook, and its certificates."""
