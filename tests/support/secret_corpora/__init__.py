"""Corpora that say how well secrets are found: one that the rules were made with, eight that were written unseen."""
