"""One use case per function: load, do, reduce and commit, relay."""
