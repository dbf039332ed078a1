"""`bench load`: many pages set to *Plan it* at once, on a house that runs as a process of its own."""
