# On a machine with Python >= 3.11 and pip: `make run` prints the bounds of a real architecture, `make test` checks everything.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPEC ?= specs/vgg16-smooth-batchnorm.yaml
PIP := PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

.PHONY: run test lint types unit slow attack mutate fuzz decimals bench docs test-frameworks test-browser test-zoo test-pythons clean

run: $(VENV)/installed
	$(BIN)/boundcalc bounds $(SPEC)

test: lint types unit

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-test
	$(BIN)/pyright --pythonpath $(BIN)/python

# A file stays on one core: the examples of a document are one session.
unit: $(VENV)/installed-test
	$(BIN)/python -m pytest -n auto --dist loadfile

slow: $(VENV)/installed-test
	$(BIN)/python -m pytest -n auto --dist loadfile -m slow

attack: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python benchmarks/attack.py

mutate: $(VENV)/installed-test
	PYTHONPATH=.:tests $(BIN)/python benchmarks/mutate.py

fuzz: $(VENV)/installed-test
	PYTHONPATH=.:tests $(BIN)/python benchmarks/fuzz.py

decimals: $(VENV)/installed-test
	PYTHONPATH=.:tests $(BIN)/python benchmarks/decimals.py

bench: $(VENV)/installed-test
	$(BIN)/python benchmarks/performance.py

docs: $(VENV)/installed-docs
	$(BIN)/sphinx-build -W -b html docs docs/_build/html
	$(BIN)/python docs/check_site.py docs/_build/html

test-frameworks: $(VENV)/installed-test
	$(PIP) jax
	$(PIP) torch==2.13.0 onnxscript transformers
	$(BIN)/python -m pytest tests/output/test_frameworks.py tests/layers/test_torch.py tests/frameworks tests/importers docs/my-model.md

# A notebook that shows every kind of object, and reports, in Chromium. Where there is none, Debian's is installed, which needs root.
# PICTURES=FOLDER photographs them, light and dark.
test-browser: $(VENV)/installed-test
	command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }
	$(PIP) playwright nbformat nbclient nbconvert ipykernel
	BOUNDCALC_PICTURES=$(PICTURES) $(BIN)/python -m pytest tests/browser

# Architectures of torchvision, timm and transformers, with random weights; writes the results that docs/importers.md is made of.
# torch and torchvision are of one build, so they are another pair than the torch above.
test-zoo: $(VENV)/installed-test
	$(PIP) torch==2.14.1 torchvision==0.29.1 timm transformers
	PYTHONPATH=tests $(BIN)/python tests/zoo/run.py --jobs 2 --output tests/zoo/results.json
	PYTHONPATH=. $(BIN)/python docs/generate_importers.py

# Whichever of the supported interpreters the machine has, each in an environment of its own.
test-pythons:
	for minor in 11 12 13 14; do \
	  command -v python3.$$minor >/dev/null || { echo "python3.$$minor: not on this machine"; continue; }; \
	  $(MAKE) unit PYTHON=python3.$$minor VENV=.venv-3.$$minor || exit 1; \
	done

clean:
	rm -rf $(VENV) .venv-3.* docs/_build docs/_pictures docs/gallery

$(VENV)/python:
	$(PYTHON) -c 'import sys; sys.exit("boundcalc needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml constraints.txt
	$(PIP) -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed pyproject.toml constraints.txt
	$(PIP) -e '.[test]'
	touch $@

$(VENV)/installed-docs: $(VENV)/installed pyproject.toml constraints.txt
	$(PIP) -e '.[docs]'
	touch $@
