"""Applications on a clock: ScheduledSparkApplication."""
