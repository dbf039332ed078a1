"""Corpora that say how well secrets are found: one that the rules were made with, one that was written before them."""
