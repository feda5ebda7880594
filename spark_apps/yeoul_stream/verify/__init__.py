"""The proof that every committed record is in its target exactly once."""
