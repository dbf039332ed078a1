"""Vercel as a host of sites: its client."""
