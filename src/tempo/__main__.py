"""`python -m tempo`."""

from tempo.interfaces.cli.entry import main

if __name__ == "__main__":
    main()
