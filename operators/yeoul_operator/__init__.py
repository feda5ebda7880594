"""The operator: SparkApplication, ScheduledSparkApplication and StreamPipeline on Kubernetes."""
