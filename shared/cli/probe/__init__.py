"""`workwright probe`: the same small calls to a real system and to its simulator, and what differs."""
