"""``turnout rollout``: rehearse a rollout with kubectl's verbs, and explain a real one."""

from turnout.cli.rollout.group import rollout

__all__ = ["rollout"]
