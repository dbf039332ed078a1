"""The simulated mail server: it speaks SMTP, and keeps a mailbox for people and tests to read."""

from shared.local.simulators.smtp.simulator import SmtpSimulator

__all__ = ["SmtpSimulator"]
