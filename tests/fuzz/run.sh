#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--seconds N | --runs N] [--total N]: fuzz every target, with clang's
# address and undefined-behaviour sanitizers.
#
#   --seconds N  each target for so long (20 seconds unless told)
#   --runs N     each target so many executions
#   --total N    all targets together N executions, and that is checked: fewer
#                in all fail, or fewer than a quarter of its share in one target
#
# What was promised is  tests/fuzz/run.sh --total 10000000
#
# New inputs go to build/fuzz/corpus; the seeds in tests/corpus/fuzz stay as
# they are. Fails when a target fails or tells no executions; prints all.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
# the sanitized tests' own, which has all of it
build=$root/build/asan
out=$root/build/fuzz
limit='' least=0

usage() { echo "usage: $0 [--seconds N | --runs N] [--total N]" >&2; exit 2; }
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] && [[ $2 =~ ^[1-9][0-9]*$ ]] || usage
	case $1 in
	--seconds) limit=-max_total_time=$2 ;;
	--runs) limit=-runs=$2 ;;
	--total) least=$2 ;;
	*) usage ;;
	esac
	shift 2
done

cmake -S "$root" -B "$build" -DKP2P_SANITIZE=ON -DKP2P_LIBFUZZER=ON \
	-DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14 >/dev/null
cmake --build "$build" --target fuzzers -j "$(nproc)" >/dev/null

mapfile -t targets < <(find "$build/tests/fuzz" -maxdepth 1 -name 'fuzz_*' -type f -executable | sort)
[ ${#targets[@]} -gt 0 ] || { echo "run.sh: no targets" >&2; exit 1; }
share=$(((least + ${#targets[@]} - 1) / ${#targets[@]}))
if [ -z "$limit" ]; then
	limit=-max_total_time=20
	[ "$least" -eq 0 ] || limit=-runs=$share
fi

# fuzz TARGET: its log when it fails, and a line `NAME EXECUTIONS`; 0 where it tells none
fuzz() {
	local name=${1##*/} log rc=0 runs
	log=$out/$name.log
	mkdir -p "$out/corpus/$name"
	"$1" "$limit" -max_len=4096 -print_final_stats=1 \
		-dict="$root/tests/fuzz/p2p.dict" -artifact_prefix="$out/$name-" \
		"$out/corpus/$name" "$root/tests/corpus/fuzz/$name" >"$log" 2>&1 || rc=$?
	[ $rc -eq 0 ] || tail -40 "$log" >&2
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	[ $rc -eq 0 ] && echo "$name ${runs:-0}" || echo "$name 0"
}

# all of them, as many at a time as there are processors
fuzz_all() {
	local target n=0
	for target in "${targets[@]}"; do
		[ $n -lt "$(nproc)" ] || wait -n
		n=$((n + 1))
		fuzz "$target" &
	done
	wait
}

total=0 told=0 failed=0 begin=$SECONDS
while read -r name runs; do
	told=$((told + 1))
	printf '%-16s %12s executions\n' "$name" "$runs"
	[ "$runs" -gt 0 ] && [ "$runs" -ge $((share / 4)) ] || {
		echo "not ok - $name: failed, or too few executions"
		failed=$((failed + 1))
	}
	total=$((total + runs))
done < <(fuzz_all)
failed=$((failed + ${#targets[@]} - told))
echo "$total executions in $((SECONDS - begin)) s, $failed targets failed"
[ "$total" -ge "$least" ] || echo "not ok - fewer than $least executions"
[ "$failed" -eq 0 ] && [ "$total" -ge "$least" ]
