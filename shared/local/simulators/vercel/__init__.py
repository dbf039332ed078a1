"""The simulated Vercel: projects, deployments that take time, promotion and rollback, and the sites themselves."""

from shared.local.simulators.vercel.simulator import VercelSimulator

__all__ = ["VercelSimulator"]
