"""Iceberg tables, exactly once: position, epoch and books are in the summary of each snapshot."""
