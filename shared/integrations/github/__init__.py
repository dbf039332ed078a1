"""GitHub, in parts: client, commits, checks, changes, the wire, and the tokens of an app."""
