"""turnout: know what a rollout does to your users before you roll it out."""
