"""How often a workspace is asked for what has changed, and what two looks at a row tell about who changed it."""
