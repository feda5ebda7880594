"""The places a pipeline writes to. Each keeps its own position, committed with its data."""
