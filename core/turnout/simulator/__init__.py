"""The simulated fleet in virtual time, and the vectorised traffic kernel."""
