"""The simulated Vercel: projects, deployments that take time, promotion and rollback, and the sites themselves."""

from shared.sim.vercel.simulator import VercelSimulator

__all__ = ["VercelSimulator"]
