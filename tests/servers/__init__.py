"""Real databases of the tests' own, each on a free loopback port in a temporary folder."""
