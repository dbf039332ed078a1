"""How people come into a team, sign in, and leave."""
