"""Running code nobody trusts elsewhere: the service `code-runner`, and its client."""
