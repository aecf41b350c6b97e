.DEFAULT_GOAL := help
SHELL := /bin/sh
UV = $(shell command -v uv || echo .tools/uv/bin/uv)
RUN = .venv/bin
RASA = cd engine && $(CURDIR)/engine/.venv/bin/python -m rasa
QUIET_RASA = TF_CPP_MIN_LOG_LEVEL=3 PYTHONWARNINGS=ignore SQLALCHEMY_SILENCE_UBER_WARNING=1 RASA_TELEMETRY_ENABLED=false

.PHONY: help setup run chat train test check lint procedures validate bench bench-knowledge bench-tickets bench-console bench-simulate clean

help: ## show this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 25

setup: ## build both environments from their lock files
	@./tools/setup

run: setup ## start everything; the web chat is at http://127.0.0.1:8000/
	@exec $(RUN)/sapa run

chat: setup ## talk to the assistant in this terminal
	@exec $(RUN)/sapa chat

train: setup ## train the dialogue model if its inputs changed
	@$(RUN)/sapa train

# The crash run (slow) takes minutes of its own: make test ARGS="-m slow".
test: setup ## run all tests, with the real engine
	@$(RUN)/sapa train
	@$(RUN)/python -m pytest $(or $(ARGS),-m "not slow" -n 3 --dist loadfile --no-loadscope-reorder)

check: setup lint procedures validate ## lint, types, procedures, training data

lint:
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy

procedures:
	@$(RUN)/python -m bot.procedures.coverage --check

validate:
	@$(QUIET_RASA) engine/.venv/bin/python -m rasa data validate --quiet --fail-on-warnings \
		--config config.yml --domain domain.yml --data data/nlu data/rules data/stories

bench: setup ## measure the figures of the README; JSON goes to benchmarks/results
	@$(RUN)/sapa train
	@$(RUN)/python -m benchmarks $(ARGS)

bench-knowledge: setup ## measure how questions find their answer, beside others on the same templates
	@$(RUN)/python -m benchmarks.sizes
	@$(RUN)/python -m benchmarks.knowledge $(ARGS)

bench-tickets: setup ## measure inbox, search, reports, ladders and claims on 100,000 tickets, beside django-helpdesk
	@$(RUN)/python -m benchmarks.tickets $(ARGS)

bench-console: setup ## measure the console on 100,000 tickets: server, browser, 200 agents at once
	@$(RUN)/sapa train
	@$(RUN)/python -m benchmarks.console $(ARGS)

bench-simulate: setup ## play an invented month of 20,000 people, and check every promise; ARGS="--profile unej"
	@$(RUN)/sapa simulate --people 20000 --out var/simulation $(ARGS)

clean: ## remove the environments, models and caches; keeps the data directory's database and files
	rm -rf .venv engine/.venv .tools var/models .mypy_cache .pytest_cache .ruff_cache .hypothesis
