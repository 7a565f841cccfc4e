# What a newcomer types. Each target does all of its own set-up; only Python and make are needed.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) illumichat_app/ops/bootstrap.py

.PHONY: help run test check bench chaos clean

help:
	@echo "make run     start everything; settings: PORT, SIMULATOR_PORT, DATA_DIR (see .env.example)"
	@echo "make test    run the tests; TESTS='tests/domain -k window' runs some of them"
	@echo "make check   style, types, imports, migrations, known vulnerabilities"
	@echo "make bench   measure speed"
	@echo "make chaos   kill and break everything, and judge what is left; see docs/chaos.md"
	@echo "make clean   remove what the others built; your data in DATA_DIR stays"

run test check bench chaos:
	@$(BOOTSTRAP) $@

clean:
	@rm -rf .venv .web .build .states
