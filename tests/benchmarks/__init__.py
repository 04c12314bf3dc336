"""How fast turnout is, measured against others that do the same: ``python -m tests.benchmarks --help``."""
