"""``python -m steward``."""

from steward import main

if __name__ == "__main__":
    main()
