"""Corpora that say how well secrets are found: one that the rules were made with, three that were written unseen."""
