"""Manifests: Kubernetes Deployments and Argo Rollouts, read as the API server reads them, as a `Workload`."""

from turnout.manifest.load import load_manifest, parse_manifest

__all__ = ["load_manifest", "parse_manifest"]
