"""What the gateway tells about finished requests: spans for a collector, lines of an access log."""
