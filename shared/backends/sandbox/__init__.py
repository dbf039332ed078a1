"""Running code nobody trusts, on one machine."""
