"""`python -m ecert`."""

import sys

from ecert.cli import main

if __name__ == "__main__":
    sys.exit(main())
