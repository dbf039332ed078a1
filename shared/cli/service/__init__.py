"""Workwright as a service of one machine."""
