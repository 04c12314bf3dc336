"""Rollouts as work for several processes or machines: the same numbers wherever they are simulated."""
