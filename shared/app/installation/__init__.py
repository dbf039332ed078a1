"""What holds for an installation on one machine: whose it is, and how it stands."""
