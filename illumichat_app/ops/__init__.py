"""What the Makefile calls: set-up, start, tests and checks. No product rule lives here."""
