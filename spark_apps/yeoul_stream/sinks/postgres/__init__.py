"""PostgreSQL, exactly once: rows, dead letters, books and position in one transaction."""
