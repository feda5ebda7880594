"""What Spark's own `spark-submit` creates, as the measure of what we create."""
