"""Serves the folder for sites on this machine, for as long as Workwright is up."""
