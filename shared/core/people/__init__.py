"""Who belongs to a team, and what they may do there."""
