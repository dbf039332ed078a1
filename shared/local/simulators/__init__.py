"""Simulators of the external systems, for one machine; never shipped, and they import nothing of ours."""
