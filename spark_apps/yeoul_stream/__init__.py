"""The StreamPipeline model and the Spark Structured Streaming job that runs it."""
