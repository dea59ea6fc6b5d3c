# make up      open a demo shop, or your own: make up FEED=products.csv
# make test    run the tests          make check   format, lint, types, floors

PYTHON ?= python3
PORT   ?= 8080
SHOP   ?= shops/$(if $(FEED),$(basename $(notdir $(FEED:.gz=))),demo)
BIN    := .venv/bin
STAMP  := .venv/.installed
PATHS  := src tests

# uv does not read pip's own setting for local wheels; without any, take torch's small CPU build.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
ifeq ($(strip $(UV_FIND_LINKS)),)
export UV_TORCH_BACKEND ?= cpu
endif
# Threads that wait by spinning starve the other core.
export OMP_WAIT_POLICY ?= PASSIVE
# Large packages over a slow line need longer than uv's half minute.
export UV_HTTP_TIMEOUT ?= 300

.PHONY: up test check format setup clean
.DEFAULT_GOAL := up

up: setup
	@$(BIN)/shopkeeper up --shop "$(SHOP)" --port $(PORT) $(if $(FEED),--feed "$(FEED)")

test: setup
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n auto -m "not slow" $(ARGS)

check: setup
	@$(BIN)/ruff format --check $(PATHS)
	@$(BIN)/ruff check $(PATHS)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup
	@$(BIN)/ruff check --fix -q $(PATHS); $(BIN)/ruff format $(PATHS)

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Shopkeeper needs Python 3.11 or newer; set PYTHON=")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@echo "Installing into .venv (about 2 GB, mostly torch; a minute or two) …" >&2
	@$(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e '.[serve,encoder,train,bench,postgres,redis,dev]'
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
