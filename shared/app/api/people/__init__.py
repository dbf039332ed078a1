"""What the API answers about a team's people, and how they sign in."""
