"""The operator's own mail server: its client."""
