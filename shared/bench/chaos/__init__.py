"""`bench chaos`: runs under way in a house that is killed again and again, judged by the world outside it."""
