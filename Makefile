# SPDX-License-Identifier: Apache-2.0
#
# The only commands anyone needs. Each installs the packages it lacks first (root) or says which
# command to run (anyone else); nothing else has to be prepared.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check fmt docs bench deb deb-test

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Start the demo on https://127.0.0.1:8443 (DEMO=0: libvirt's test driver alone)
	@exec packaging/demo/run

test: ## Run every test: what check does, all Swift suites, the browser
	@exec packaging/tools/run-tests all

check: ## Run what is quick: format, house rules, unit tests
	@exec packaging/tools/run-tests quick

fmt: ## Put the Swift sources into the project's format
	@packaging/tools/require-swift
	@swift format --in-place --recursive --parallel $$(packaging/tools/swift-paths)

docs: ## Build the documentation into docs-out/; a broken link fails
	@exec packaging/tools/build-docs

bench: ## Measure the console proxy (throughput, round trips, memory), calls of plugins, the daemon at rest
	@exec packaging/bench/run

deb: ## Build the Debian package into .build-deb/
	@exec packaging/deb/build

deb-test: ## Install the package in a bare Debian and try its whole life (root)
	@exec packaging/deb/test
