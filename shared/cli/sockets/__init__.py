"""Connections that a house on one machine opens itself, where others would have to reach it."""
