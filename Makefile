# Every command of the project; `make help` lists them. All work happens in .venv, which the
# first command creates.
PYTHON ?= python3
CHAPTER ?=
PORT ?= 8000
ROUNDS ?= 7
MODULE ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COLAB := .venv-colab/.ready
TOOLS := .venv-tools/.ready
COMPANY := .venv-company/.ready
MUTANTS := .venv-mutants/.ready
HTML := _build/html
BUILT := $(HTML)/.built
SOURCES := $(wildcard *.md *.yml package.json) $(shell find book notebooks dsconv_lib benchmarks \
	-type f -not -path '*/__pycache__/*')
# With two threads, OpenMP's default of spinning makes small convolutions up to 7 times slower.
export OMP_WAIT_POLICY = passive
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help book test check unit js nbval pages browser lab-test colab-test notebooks address \
	contents house site serve lab bench compare company mutants lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

book: pages ## create the environment, build the book, print where to open it
	@echo "make book: open file://$(CURDIR)/$(HTML)/index.html"

test: $(READY) $(COLAB) ## run everything that CI runs, and say what each part takes
	@$(BIN)/python book/_tools/browser.py
	@$(BIN)/python book/_tools/parts.py check+pages unit+js nbval browser lab-test+colab-test

check: $(READY) ## run the cheap checks: lint, format, types
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary
	@echo "make check: lint, format and types are clean"

unit: $(READY) ## run the unit and property tests
	$(BIN)/pytest -q -n 2 --dist loadgroup --doctest-modules --doctest-glob README.md README.md dsconv_lib \
		tests --ignore tests/browser --ignore tests/lab --ignore tests/colab

js: $(READY) ## run the tests of the widgets' maths in Node
	$(BIN)/node --test tests/js/*.test.mjs

nbval: $(READY) ## execute every notebook and compare its outputs with the stored ones
	$(BIN)/pytest -q -n 2 --dist loadfile --nbval --nbval-current-env \
		--nbval-sanitize-with tests/nbval_sanitize.cfg -p no:cacheprovider notebooks

pages: $(BUILT)

$(BUILT): $(READY) $(SOURCES)
	rm -rf $(HTML)
	$(BIN)/jupyter-book build . --path-output . -W -n --keep-going --all --quiet
	@touch $@

browser: pages ## test the built book in a headless browser, over http and from disk
	$(BIN)/python book/_tools/browser.py
	$(BIN)/pytest -q -n 2 --dist loadgroup tests/browser

lab-test: $(READY) ## test the widgets in JupyterLab with a kernel
	$(BIN)/python book/_tools/browser.py
	$(BIN)/pytest -q tests/lab

colab-test: $(READY) $(COLAB) ## run the notebooks with the versions that Colab has
	$(BIN)/pytest -q tests/colab

notebooks: $(READY) ## execute notebooks and store their outputs [CHAPTER=02]
	$(BIN)/python book/_tools/execute.py $(CHAPTER)

contents: $(READY) ## write the README's list of chapters from _toc.yml and the notebooks
	$(BIN)/python book/_tools/contents.py

house: $(READY) ## draw the parts of the library and who uses whom, from their imports
	$(BIN)/python book/_tools/house_drawing.py

address: $(READY) ## write what follows from the repository address in _config.yml
	$(BIN)/python book/_tools/address.py

site: pages ## pack the book into one zip, dist/see-farther.zip, to carry and to give away
	$(BIN)/python book/_tools/carry.py

serve: pages ## build the book and serve it [PORT=8000]
	@echo "make serve: open http://localhost:$(PORT)"
	$(BIN)/python -m http.server --directory $(HTML) $(PORT)

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

bench: $(READY) ## measure speed, write benchmarks/report.md, then the widgets' speed [ROUNDS=7]
	$(BIN)/python -m benchmarks.speed --rounds $(ROUNDS)
	$(MAKE) --no-print-directory pages
	$(BIN)/python book/_tools/browser.py
	$(BIN)/python -m benchmarks.widgets

compare: $(TOOLS) ## compare costs and receptive fields with other tools' and write the table
	.venv-tools/bin/python -m benchmarks.other_tools --write book/api/other_tools.md

company: $(COMPANY) ## trace networks of other packages, compare with real runs, write the table [NETWORK=timm]
	.venv-company/bin/python benchmarks/company/run.py $(if $(NETWORK),$(NETWORK),--write book/api/company.md)

mutants: $(MUTANTS) ## plant faults in the library's core and count those that the tests catch [MODULE=cost]
	OMP_NUM_THREADS=1 .venv-mutants/bin/python tests/mutation/run.py $(MODULE)

lock: ## resolve the newest versions anew and write requirements.lock
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet ".[book,test,dev]"
	.venv-lock/bin/python -m pip freeze --exclude dsconv-lib | sed -E 's/\+[a-z0-9]+$$//' \
		> requirements.lock
	rm -rf .venv-lock
	@echo "make lock: $$(wc -l < requirements.lock) versions in requirements.lock"

clean: ## remove everything that was built or installed
	rm -rf _build dist node_modules .venv .venv-* .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "make clean: done"

$(READY): pyproject.toml requirements.lock package.json package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint requirements.lock --editable ".[book,test,dev]"
	$(BIN)/npm ci --silent
	@touch $@

# Newer versions of pip refuse the metadata of receptivefield.
$(TOOLS): pyproject.toml requirements.lock benchmarks/other_tools/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet "pip<24.1"
	$(@D)/bin/python -m pip install --quiet --no-compile --constraint requirements.lock --editable .
	$(@D)/bin/python -m pip install --quiet --no-compile --no-deps --ignore-requires-python \
		--constraint requirements.lock --requirement benchmarks/other_tools/requirements.txt
	@touch $@

# torchaudio's compiled part wants CUDA; its networks do not need it.
$(COMPANY): pyproject.toml requirements.lock benchmarks/company/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --no-compile --constraint requirements.lock --editable .
	$(@D)/bin/python -m pip install --quiet --no-compile --no-deps --constraint requirements.lock \
		--requirement benchmarks/company/requirements.txt
	rm -f $(@D)/lib/python*/site-packages/torchaudio/lib/*.so
	@touch $@

$(COLAB): pyproject.toml tests/colab/constraints.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --no-compile --requirement tests/colab/constraints.txt
	@touch $@

$(MUTANTS): requirements.lock tests/mutation/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --no-compile --requirement tests/mutation/requirements.txt
	@touch $@
