"""One verdict per Kafka record: JSON bytes to typed columns, and the digest of rows."""
