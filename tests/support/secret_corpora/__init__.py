"""Corpora that say how well secrets are found: one that the rules were made with, five that were written unseen."""
