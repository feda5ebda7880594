"""The demonstration: from the API to PostgreSQL and HDFS, with a proof and a picture at its end."""
