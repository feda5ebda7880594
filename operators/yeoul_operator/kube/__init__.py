"""The edge to the API server: requests, watches, events."""
