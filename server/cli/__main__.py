"""`python -m server.cli` is `bookmobile`."""

from server.cli import main

if __name__ == "__main__":
    main()
