# Earshot. `make run` shows it, `make test` proves it; both set up what is missing.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test release-test fuzz asan tsan bench build format lint check clean

# Every build checks that a target imports only what Package.swift allows it to.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
RELEASE := .build/release/earshot
FORMATTED := Package.swift Sources Tests Fuzz

help: ## Say what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: build ## Set up, build and start Earshot with its demo floor (ARGS="…" for its options)
	$(RELEASE) demo $(ARGS)

test: ## Set up, then every test
	scripts/bootstrap test
	$(MAKE) --no-print-directory lint check
	swift build --build-tests $(SWIFT_FLAGS)
	scripts/test
	scripts/fuzz

release-test: build ## The wire scenarios with the optimised program: some faults show there only
	scripts/bootstrap test
	swift build --build-tests $(SWIFT_FLAGS)
	EARSHOT_PROGRAM=$(CURDIR)/$(RELEASE) scripts/test --filter ScenarioTests

asan tsan: sanitizer = $(if $(filter asan,$@),address,thread)
# They measure time, which a sanitizer takes ten times as much of.
asan tsan: timed = StallScenarios|OverloadScenarios
asan tsan: sanitized = --scratch-path .build/$@ --sanitize $(sanitizer)
asan: ## The wire scenarios under AddressSanitizer (ARGS="NAME": those alone)
tsan: ## The wire scenarios under ThreadSanitizer (ARGS="NAME": those alone)
asan tsan:
	scripts/bootstrap test
	swift build --build-tests $(SWIFT_FLAGS) $(sanitized)
	source Tests/Sanitizers/environment && scripts/test $(sanitized) --skip '$(timed)' --filter $(or $(ARGS),ScenarioTests)

fuzz: ## Feed made-up input to all that reads strangers' bytes (ARGS="600 sip": these seconds, this target)
	scripts/bootstrap run
	scripts/fuzz $(ARGS)

bench: build ## Measure: the figures of Docs/Benchmarks.md (ARGS="--quick" for a short run)
	scripts/bootstrap test
	swift build -c release --product allocation-counter $(SWIFT_FLAGS)
	$(RELEASE) bench $(ARGS)

build: ## Set up and build for release
	scripts/bootstrap run
	swift build -c release --product earshot $(SWIFT_FLAGS)

format: ## Format all Swift files in place
	swift format -i -r --configuration .swift-format $(FORMATTED)

lint: ## Look for Swift files that aren't formatted
	swift format lint --strict -r --configuration .swift-format $(FORMATTED)

check: ## Look for breaches of the project's own rules
	scripts/check

clean: ## Remove what was built
	swift package clean
