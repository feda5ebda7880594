"""Few large files instead of many small ones, and the removal of what nobody reads any more."""
