"""`python -m tempo`."""

from tempo.interfaces.cli.main import main

if __name__ == "__main__":
    main()
