# One word for each thing there is to do; `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PROGRAM := .build/release/bloasis
PREFIX ?= /usr/local
SWIFT_FLAGS := --explicit-target-dependency-import-check error
FORMATTED = find Package.swift Sources Tests Benchmarks/Package.swift \
	Benchmarks/Work Benchmarks/Workloads Benchmarks/Gauges Benchmarks/Stack Benchmarks/Doors \
	Fuzzing/Package.swift Fuzzing/Driver Fuzzing/Answers Fuzzing/Tables Fuzzing/Manifests Fuzzing/Classifiers \
	Fuzzing/Requests \
	-name '*.swift' -not -path '*/Generated/*' -print0

.PHONY: help setup build run install uninstall test test-long lint format bench bench-peers \
	bench-universe bench-backfill bench-stack bench-gateway fuzz docs coverage protos clean

help: ## list these words
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-14s %s\n", $$1, $$2 }'

setup: ## install the Debian packages that are missing, check the Swift toolchain
	@Scripts/install-dependencies.sh

build: $(PROGRAM) ## build the program: .build/release/bloasis

# The package manager compiles some dependencies once more when it is asked again soon after a
# first build, though nothing has changed; so it is asked only when something has.
$(PROGRAM): Package.swift $(shell find Sources -type f)
	swift build -c release --product bloasis $(SWIFT_FLAGS)
	@touch $@

run: setup $(PROGRAM) ## set up, build, backfill the bundled S&P 500 history, serve on port 8080
	@exec Scripts/run.sh

install: build ## the program, its manual pages and completions for shells (PREFIX=/usr/local)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' Scripts/install.sh

uninstall: ## take away what `make install` brought (PREFIX=/usr/local)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' Scripts/install.sh --remove

test: ## set up, build once with coverage, run every test, print the line coverage
	@Scripts/install-dependencies.sh --tests
	@Scripts/test.sh

test-long: ## the same tests with the long sweeps
	@Scripts/install-dependencies.sh --tests
	@LONG_TESTS=1 Scripts/test.sh

lint: ## fail on what `make format` would change, and on its lint rules
	@$(FORMATTED) | xargs -0 swift format lint --strict --configuration .swift-format
	@for script in Scripts/*.sh Deploy/*.sh .ci/run; do sh -n "$$script"; done

format: ## format the Swift sources in place
	@$(FORMATTED) | xargs -0 swift format format --in-place --configuration .swift-format

bench: build ## times against goals, counts against thresholds (RECORD=1 keeps the times)
	@Scripts/install-dependencies.sh --browser
	@Scripts/bench.sh $(if $(RECORD),--record)

bench-peers: ## us and the rivals on the same work, and the ratios (RECORD=1 keeps them)
	@Scripts/bench-workloads.sh compare $(if $(RECORD),--record)

bench-universe: ## 5,000 markets under one fixed model, market-bars a second (RECORD=1 keeps them)
	@Scripts/bench-workloads.sh universe $(if $(RECORD),--record)

bench-backfill: build ## a universe into PostgreSQL, against raw COPY and pandas (RECORD=1 keeps them)
	@Scripts/install-dependencies.sh --tests
	@Scripts/bench-backfill.sh $(if $(RECORD),--record)

bench-stack: build ## the full stack against the raw tools of its servers (RECORD=1 keeps them)
	@Scripts/install-dependencies.sh --tests
	@Scripts/bench-stack.sh $(if $(RECORD),--record)

bench-gateway: build ## both doors against bare ones and FastAPI (RECORD=1 keeps the ratios)
	@Scripts/install-dependencies.sh --gateway
	@Scripts/bench-gateway.sh $(if $(RECORD),--record)

fuzz: build ## spoilt bytes for the readers of files and requests (SECONDS=60 each, TARGET=Tables for one)
	@Scripts/fuzz.sh $(or $(SECONDS),60) $(TARGET)

docs: ## write the generated documents anew
	@Scripts/install-dependencies.sh --tests
	@Scripts/docs.sh

coverage: ## line coverage of the last `make test`, file by file
	@Scripts/coverage.sh --files

protos: ## write the generated message code anew from Protos/
	@Scripts/generate-protos.sh

clean: ## remove what builds have made
	swift package clean
	rm -rf .build/coverage .build/peers .build/backfill-peer
