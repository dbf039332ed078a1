"""Git as the API of the simulated GitHub shows it."""
