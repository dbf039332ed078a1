"""Corpora that say how well secrets are found: one that the rules were made with, seven that were written unseen."""
