"""Whether a record with a known id has arrived: in a table, in a folder of HDFS.

waiting   places are looked into until the record is in each of them, once
table     a table of PostgreSQL
lake      a folder of Parquet files, through Spark's own client of HDFS
"""
