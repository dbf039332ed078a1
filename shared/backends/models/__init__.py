"""Adapters of the vendors whose models think for us: one file per wire format, nothing of a vendor's library."""
