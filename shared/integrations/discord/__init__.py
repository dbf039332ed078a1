"""Discord: webhooks of a channel."""
