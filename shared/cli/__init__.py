"""The command line: the whole house on one machine, and a look at its runs."""
