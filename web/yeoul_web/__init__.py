"""One page that shows the state of the platform, for people without Grafana."""
