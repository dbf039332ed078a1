"""Commands about people: who one is, who is in the team, what each is told."""
