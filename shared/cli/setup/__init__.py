"""What a person chooses for the house on this machine: which systems are real, which simulated, which not used."""
