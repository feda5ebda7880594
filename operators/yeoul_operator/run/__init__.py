"""The process: settings, queue, leader election, health, metrics, logs."""
