"""A folder on this machine as a host of static sites, for whoever has neither Vercel nor a bucket."""
