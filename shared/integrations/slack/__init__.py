"""Slack: its client with what people click, and its socket mode."""
