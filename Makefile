# make test does all set-up itself: on a fresh machine it needs Go and git.
GO ?= go

.PHONY: test race quick vet prove mutate fuzz crash bench build demo

# Everything that must hold before a change lands.
test: vet race prove

vet:
	$(GO) mod verify
	$(GO) vet ./...
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt: the files above are not formatted"; exit 1; }

# Tests that run under the race detector need a C compiler; without one they run without it.
race:
	$(GO) test -timeout 30m $$(sh .ci/raceflag) ./...

quick:
	$(GO) test ./...

# Every promise of the five example policies, played against a running engine,
# and every proved rule taken out or turned round.
prove: build
	$(GO) test -timeout 30m ./prove -run Examples
	./bin/avow prove examples/... --mutate

build:
	$(GO) build -o bin/avow ./cmd/avow

demo:
	$(GO) run ./cmd/avow demo

fuzz:
	sh .ci/fuzz 30s

crash:
	sh .ci/crash 100

bench:
	sh bench/run.sh
