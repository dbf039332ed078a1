"""Our clients of external systems: what we ask of each, in its own words. They do not know each other."""
