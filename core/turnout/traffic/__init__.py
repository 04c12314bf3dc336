"""Traffic: sessions and page views, from access logs or made up."""
