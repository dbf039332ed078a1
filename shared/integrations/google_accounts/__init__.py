"""Google says who somebody is."""
