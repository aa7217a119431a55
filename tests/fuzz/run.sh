#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--seconds N | --runs N]: fuzz every target for that long each (20
# seconds unless told), with clang's address and undefined-behaviour sanitizers.
# New inputs go to build/fuzz/corpus; the seeds in tests/corpus/fuzz stay as
# they are. Fails when one target fails; prints all executions.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/fuzz
limit=(-max_total_time=20)

usage() { echo "usage: $0 [--seconds N | --runs N]" >&2; exit 2; }
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] && [[ $2 =~ ^[1-9][0-9]*$ ]] || usage
	case $1 in
	--seconds) limit=("-max_total_time=$2") ;;
	--runs) limit=("-runs=$2") ;;
	*) usage ;;
	esac
	shift 2
done

clang=$(command -v clang-14 || command -v clang) || {
	echo "run.sh: clang is not installed" >&2
	exit 1
}
CC=$clang CXX=${clang/clang/clang++} cmake -S "$root" -B "$build" \
	-DKP2P_LIBFUZZER=ON -DKP2P_SANITIZE=ON >/dev/null
cmake --build "$build" --target fuzzers -j "$(nproc)" >/dev/null

total=0 failed=0 begin=$SECONDS
for target in "$build"/tests/fuzz/fuzz_*; do
	[ -f "$target" ] && [ -x "$target" ] || continue
	name=${target##*/}
	mkdir -p "$build/corpus/$name"
	log=$build/$name.log
	if ! "$target" "${limit[@]}" -max_len=4096 -print_final_stats=1 \
		-dict="$root/tests/fuzz/p2p.dict" -artifact_prefix="$build/$name-" \
		"$build/corpus/$name" "$root/tests/corpus/fuzz/$name" >"$log" 2>&1; then
		failed=$((failed + 1))
		tail -40 "$log" >&2
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	printf '%-16s %12s executions\n' "$name" "${runs:-none}"
	total=$((total + ${runs:-0}))
done
echo "$total executions in $((SECONDS - begin)) s, $failed targets failed"
[ "$failed" -eq 0 ] && [ "$total" -gt 0 ]
