# SPDX-License-Identifier: Apache-2.0
# Short names for the CMake presets. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help release dev asan test unit sweep asan tsan bench tables format lint clean

help:  ## list the targets
	@grep -hE '^[a-z]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

release: ## build what users run: build/release/finnr
	cmake --preset release -DFINNR_TESTS=OFF >/dev/null
	cmake --build --preset release

dev: ## build everything with its tests: build/dev
	cmake --preset dev >/dev/null
	cmake --build --preset dev

test: dev ## run every test
	ctest --test-dir build/dev --output-on-failure -j $$(nproc)

unit: dev ## run the unit tests only (the developer loop)
	ctest --test-dir build/dev --output-on-failure -j $$(nproc) -L unit

sweep: dev ## run the long sweeps: all unit parameters, all random networks
	FINNR_SWEEP=all ctest --test-dir build/dev --output-on-failure -L 'rtl|sweep'

asan: ## run the unit tests under address and undefined-behaviour sanitizers
	cmake --preset asan >/dev/null
	cmake --build --preset asan
	ctest --test-dir build/asan --output-on-failure -j $$(nproc) -L 'unit|hostile'

tsan: ## run the tests with threads under the thread sanitizer
	cmake --preset tsan >/dev/null
	cmake --build --preset tsan --target thread_tests
	build/tsan/tests/thread_tests

bench: ## measure speed and memory: ratios and figures in one run
	cmake --preset release -DFINNR_TESTS=OFF -DFINNR_BENCH=ON >/dev/null
	cmake --build --preset release
	build/release/bench/finnr_bench
	build/release/bench/finnr_fast_bench

tables: release ## run what is in the README's tables of operators and networks, and write them
	python3 tools/readme_tables.py build/release/finnr --write

format: ## format the C++ sources
	clang-format -i $$(git ls-files '*.h' '*.cpp')

lint: ## clang-tidy with the named checks of .clang-tidy
	cmake --preset dev >/dev/null
	clang-tidy -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option $$(git ls-files 'finnr/*.cpp' | grep -v _test.cpp)

clean: ## remove all builds
	rm -rf build
