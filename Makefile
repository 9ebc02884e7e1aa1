# make test does all set-up itself: on a fresh Debian machine it needs Go and git,
# and installs Chromium if there is none.
GO ?= go

.PHONY: test browser race quick vet prove mutate fuzz crash bench build demo

# Everything that must hold before a change lands.
test: browser vet race prove

browser:
	sh .ci/chromium

vet:
	$(GO) mod verify
	$(GO) vet ./...
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt: the files above are not formatted"; exit 1; }

# Tests that run under the race detector need a C compiler; without one they run without it.
# Two packages only compute or draw, one thing after the other; they run beside it
# without the detector, which makes them many times slower. What vet says of the tests, it has
# said before.
CALM := avow.dev/policy/exhaust avow.dev/internal/storybook

race: browser vet
	$(GO) test -vet=off -timeout 30m $$(sh .ci/raceflag) $$($(GO) list ./... | grep -vxF $(CALM:%=-e %))
	$(GO) test -vet=off -timeout 30m $(CALM)

quick: browser
	$(GO) test ./...

# Every promise of the five example policies, played against a running engine,
# and every proved rule taken out or turned round.
prove: build
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
