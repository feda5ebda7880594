"""What is refused beyond the schema, by what it looks at. Pure; each rule reports all it finds."""
