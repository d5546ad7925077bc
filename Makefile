# microtome: `make demo` shows what it does, `make test` checks that it does it.
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc)
TARGET ?= all
SECONDS ?= 60
BUILD  := build/release

.PHONY: help setup packages configure build demo test test-all test-stress fuzz bench format install clean

help:
	@echo "make setup     install the Debian packages it is built from; needs root or sudo, once"
	@echo "make demo      build, then dissect and visualize the shipped network; leaves demo/demo.atlas and demo/site/"
	@echo "make test      build, then run the fast tests"
	@echo "make test-all  the slow ones too"
	@echo "make test-stress  kills, failing disks, readers beside writers, damaged networks, many orders: ten minutes"
	@echo "make fuzz      TARGET=$(TARGET) SECONDS=$(SECONDS): libFuzzer on what is read of foreign files"
	@echo "make bench     measure against the bare network; prints ratios"
	@echo "make install   PREFIX=$(PREFIX): program, library, headers, CMake package"
	@echo "make format    clang-format the sources"

setup:
	@scripts/install && mkdir -p build && touch build/set_up

# A build looks whether packages are missing; on a machine that was never set up, and as root, it installs them.
packages:
	@if [ -f build/set_up ] || [ "$$(id -u)" -ne 0 ]; then scripts/install --check; else $(MAKE) --no-print-directory setup; fi

configure: packages
	@[ -f $(BUILD)/build.ninja ] || cmake --preset release

build: configure
	@cmake --build --preset release --parallel $(JOBS) --target microtome $(if $(CI),,-- --quiet)

demo: build
	@scripts/demo

test: configure
	@cmake --build --preset release --parallel $(JOBS) --target tests $(if $(CI),,-- --quiet)
	@ctest --preset release --parallel $(JOBS)

test-all: configure
	@cmake --build --preset release --parallel $(JOBS) --target all tests $(if $(CI),,-- --quiet)
	@ctest --preset all

test-stress: configure
	@cmake --build --preset release --parallel $(JOBS) --target tests stress_tests $(if $(CI),,-- --quiet)
	@ctest --preset stress --parallel $(JOBS)

fuzz: packages
	@scripts/fuzz "$(TARGET)" "$(SECONDS)"

bench: configure
	@scripts/bench

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

format:
	@git ls-files '*.cpp' '*.h' | xargs clang-format -i

clean:
	@rm -rf build demo
