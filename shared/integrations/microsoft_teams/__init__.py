"""Microsoft Teams: a channel, by a workflow that takes webhooks."""
