"""Other people's HTTP: clients and parsers without a database."""
