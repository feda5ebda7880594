"""Metrics, alerts and dashboards, from which files of the chart and pages of the docs are written."""
