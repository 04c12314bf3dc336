"""The fixture `site`: a directory on ``sys.path`` for distributions of a test's own."""

from tests.host.site import site

__all__ = ["site"]
