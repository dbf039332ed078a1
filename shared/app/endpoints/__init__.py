"""Addresses of a team's own that are told what happens: kept, told, tried again."""
