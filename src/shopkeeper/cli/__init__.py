"""How is Shopkeeper used from a terminal?

Human text goes to stderr, data to stdout. Exit codes: 0 done, 1 it could not be done (the message
says why and what to do), 2 the command line was wrong.
"""

from shopkeeper.cli.app import main

__all__ = ["main"]
