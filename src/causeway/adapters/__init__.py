"""Every door to the outside: ports, one registry, one file per outside thing."""
