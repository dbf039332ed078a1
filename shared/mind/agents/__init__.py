"""Agents: declarations in files, found by id and by capability. Nothing of an agent is code unless it must be."""
