# Every verb sets up what it needs first; a set-up that is complete costs a blink.

PYTHON ?= python3
STACK ?= local
ARGS ?=

venv := .venv/bin/python
setup := $(PYTHON) -m tools.setup

# Compiled modules are kept: without them every pulumi command compiles the SDKs anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup azurite up preview doctor drift sizing down reset status logs predict dashboard rollback transfer compliance env test check format lock bench

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { gsub(/[$$][$$]/, "$$", $$2); printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make the virtual environment and get the Pulumi engine; all other verbs do it too
	@$(setup)

up: ## Bring a stack up (STACK=local by default: on the sandbox, no account needed)
	@$(setup)
	@$(venv) -m tools.up $(STACK)

azurite: ## Get Azurite, which the sandbox keeps Azure's blobs with; `up` does it where Azure is on
	@$(setup) --without-engine
	@$(venv) -m tools.azurite

preview: ## Show what `up` would do and cost, without credentials (STACK=…, ARGS='--markdown FILE')
	@$(setup)
	@$(venv) -m tools.preview $(STACK) $(ARGS)

drift: ## Say what differs between a stack's state and its clouds; changes nothing (STACK=…)
	@$(setup)
	@$(venv) -m tools.drift $(STACK)

doctor: ## Find what would stop `up`: sign-in, quotas, APIs, names, price (STACK=…, ARGS=--json)
	@$(setup)
	@$(venv) -m tools.doctor $(STACK) $(ARGS)

sizing: ## Propose instances for the stack's load, with the reasons (ARGS=--probe measures it)
	@$(setup)
	@$(venv) -m tools.sizing --stack $(STACK) $(ARGS)

down: ## Destroy stack local and stop the sandbox
	@$(setup)
	@$(venv) -m tools.down $(STACK)

reset: ## Throw away stack local and all the sandbox holds, without destroying it first
	@$(setup) --without-engine
	@$(venv) -m sandbox reset
	@rm -rf .pulumi-state

status: ## Say whether the sandbox runs and what runs in it
	@$(setup) --without-engine
	@$(venv) -m sandbox status

logs: ## Show the sandbox's log (ARGS=NAME for one job or endpoint, ARGS=-f to follow)
	@$(setup) --without-engine
	@$(venv) -m sandbox logs $(ARGS)

predict: ## Ask the endpoint of every cloud (ARGS='[[1,2,3,4]]', ARGS='--cloud gcp' for one)
	@$(setup)
	@$(venv) -m tools.predict --stack $(STACK) $(ARGS)

rollback: ## Put the previous model back behind the endpoint (ARGS='--cloud aws' or gcp)
	@$(setup)
	@$(venv) -m tools.rollback --stack $(STACK) $(ARGS)

dashboard: ## Write one page over the stack's clouds (ARGS='--every 10' renews it)
	@$(setup)
	@$(venv) -m tools.dashboard --stack $(STACK) $(ARGS)

transfer: ## Copy objects between clouds (FROM=s3://… TO=gs://…|az://…, ARGS=--dry-run)
	@$(setup)
	@$(venv) -m tools.transfer --stack $(STACK) -- $(ARGS) '$(FROM)' '$(TO)'

compliance: ## Write what the policy pack says of a stack's state, as HTML and JSON
	@$(setup)
	@$(venv) -m tools.compliance $(STACK)

env: ## Print the environment for plain pulumi: eval "$$(make -s env)"
	@$(setup)
	@$(venv) -m tools.environment $(STACK)

test: ## Run all tests (ARGS='-k name' for some)
	@$(setup)
	@$(venv) -m pytest $(ARGS)

check: ## Format, lint, types, lock file, secrets
	@$(setup) --without-engine
	@tools/check

format: ## Rewrite the code in the project's format
	@$(setup) --without-engine
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

lock: ## Renew requirements.lock after a change of requirements.txt
	@$(setup) --without-engine
	@$(venv) -m tools.lock $(ARGS)

bench: ## Measure what docs/performance.md tells
	@$(setup)
	@$(venv) -m bench $(ARGS)
