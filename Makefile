# microtome: `make demo` shows what it does, `make test` checks that it does it.
PREFIX ?= /usr/local
JOBS   ?= 2
BUILD  := build/release

.PHONY: help setup build demo test test-all bench format install clean

help:
	@echo "make demo      build, then dissect and visualize the shipped network; leaves demo/demo.atlas and demo/site/"
	@echo "make test      build, then run the fast tests"
	@echo "make test-all  the slow ones too"
	@echo "make bench     measure against the bare network; prints ratios"
	@echo "make install   PREFIX=$(PREFIX)"
	@echo "make format    clang-format the sources"

setup:
	@scripts/install

build: setup
	@[ -f $(BUILD)/build.ninja ] || cmake --preset release
	@cmake --build --preset release -- -j$(JOBS) $(if $(CI),,--quiet)

demo: build
	@scripts/demo

test: build
	@ctest --preset release

test-all: build
	@ctest --preset all

bench: build
	@scripts/bench

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

format:
	@git ls-files '*.cpp' '*.h' | xargs clang-format -i

clean:
	@rm -rf build demo
