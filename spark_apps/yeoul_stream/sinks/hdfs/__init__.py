"""Parquet in HDFS, exactly once for any reader: files appear by rename, after their log entry."""
