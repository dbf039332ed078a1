"""The ports on one machine: one SQLite file holds the state and the queue."""
