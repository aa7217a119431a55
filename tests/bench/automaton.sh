#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# automaton.sh PROGRAM: instructions for a byte that the content automaton reads,
# counted by callgrind; PROGRAM is build/host/tests/common/automaton_cost (target
# automaton_cost). English is docs/architecture.md.
set -euo pipefail

program=$1
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
printf '%-10s %-16s %s\n' keywords text instructions
for keywords in 10 1000 10000; do
	for text in random "$docs/architecture.md" prefixes; do
		told=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null \
			--toggle-collect=p2p_automaton_run "$program" "$keywords" "$text" 2>&1)
		awk -v keywords="$keywords" -v text="${text##*/}" '
			/^{"bytes"/ { told = $0; bytes = $2 + 0 }
			/Collected/ { n = $NF }
			END { printf "%-10s %-16s %6.2f  %s\n", keywords, text, n / bytes, told }' <<<"$told"
	done
done
