"""What steps and use cases think with: context, agents, search, answers that are checked. Asks only ports."""
