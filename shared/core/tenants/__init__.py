"""What is decided and kept about a team as a whole."""
