#!/bin/sh
# Measures everything and writes the medians into docs/performance.md.
#
#   bench/run.sh              five rounds
#   ROUNDS=7 bench/run.sh     more of them
#   PEOPLE=20000 TIME=0.5s ROUNDS=1 DOC= bench/run.sh    a quick look
#
# ONLY is a regular expression of the benchmarks to run. BENCH_DIR is the folder
# whose disk is measured. Peers and Avow take turns: each round runs everything
# once. If PostgreSQL is installed, a private one is started for the time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-5}
time=${TIME:-2s}
only=${ONLY:-.}
data=${BENCH_DIR:-$here/.data}
out=$here/.out
doc=${DOC-$here/../docs/performance.md}
facts=$out/facts
port=${PORT:-18099}
export AVOW_BENCH_DIR="$data" AVOW_BENCH_PEOPLE="${PEOPLE:-100000}"

mkdir -p "$data" "$out"
rm -rf "${data:?}"/* "$out"/run-*.txt
postgres=
trap 'stop_postgres; rm -rf "${data:?}"/*' EXIT
trap 'exit 130' INT TERM

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

start_postgres() {
	command -v initdb >/dev/null && command -v pg_ctl >/dev/null || return 0
	[ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1 || return 0
	mkdir -p "$data/pg"
	if [ "$(id -u)" = 0 ]; then chown postgres "$data/pg"; fi
	as_postgres initdb -D "$data/pg/db" -A trust -U bench >/dev/null
	as_postgres pg_ctl -D "$data/pg/db" -w -l "$data/pg/log" -o "-k $data/pg -h '' -c shared_buffers=256MB" start >/dev/null
	postgres=yes
	export AVOW_BENCH_POSTGRES="host=$data/pg user=bench dbname=postgres"
	say PostgreSQL "$(postgres --version | sed 's/.*) //'), private, unix socket, fsync and synchronous_commit on, shared_buffers 256 MB"
}

stop_postgres() {
	[ -z "$postgres" ] || as_postgres pg_ctl -D "$data/pg/db" -w -m fast stop >/dev/null
	postgres=
}

say() { echo "$1: $2" >>"$facts"; }

machine() {
	: >"$facts"
	say processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
	say cores "$(nproc)"
	say memory "$(awk '/MemTotal/ {printf "%.0f GiB", $2/1048576}' /proc/meminfo)"
	say kernel "$(uname -sr)"
	say "file system" "$(df -T "$data" | awk 'NR==2 {print $2}')"
	say Go "$(go env GOVERSION)"
	say "load before and after" "$(cut -d' ' -f1 /proc/loadavg), LOAD_AFTER"
	say "people in the store before" "$AVOW_BENCH_PEOPLE"
}

whole_process() {
	(cd "$here/.." && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$out/avow" ./cmd/avow)
	(cd "$here" && go build -o "$out/startup" ./cmd/startup)
	say "size of the stripped program" "$(stat -c %s "$out/avow" | awk '{printf "%.1f MiB", $1/1048576}')"
	"$out/startup" -url "http://127.0.0.1:$port/healthz" -runs 7 -- "$out/avow" serve --create --data "$data/serve" --root-key "$data/rootkey/root.key" \
		--policy "$here/../examples/ousiqi/policy.yaml" --listen "127.0.0.1:$port" >>"$facts"
}

machine
cd "$here"
go test -count=1 -run 'Agree|Swap' . # answers before speed
go test -c -o "$out/bench.test" .
go build -o "$out/median" ./cmd/median
start_postgres
whole_process
round=1
while [ "$round" -le "$rounds" ]; do
	echo "round $round of $rounds, load $(cut -d' ' -f1-3 /proc/loadavg)" >&2
	for part in 'Decide one' 'Swap all' 'Ledger all' 'Flush all' 'Gate all' 'Seal all' 'Door all'; do
		name=${part% *}
		echo "$name" | grep -Eq "$only" || continue
		case ${part#* } in
		one) cores=1 ;;
		all) cores=$(nproc) ;;
		esac
		"$out/bench.test" -test.run '^$' -test.bench "^Benchmark$name\$" -test.benchtime "$time" -test.cpu "$cores" >>"$out/run-$round.txt"
	done
	round=$((round + 1))
done
sed -i "s|LOAD_AFTER|$(cut -d' ' -f1 /proc/loadavg)|" "$facts"
if [ -n "$doc" ]; then
	"$out/median" -facts "$facts" -doc "$doc" "$out"/run-*.txt
	echo "wrote $doc" >&2
else
	"$out/median" -facts "$facts" "$out"/run-*.txt
fi
