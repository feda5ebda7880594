from fix_ingest import key_file, make_source, serve, simulated

__all__ = ["key_file", "make_source", "serve", "simulated"]
