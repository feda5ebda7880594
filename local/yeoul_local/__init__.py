"""The whole platform on one machine, and the `yeoul` command."""
