"""The probes of real systems, tried on their simulators."""
