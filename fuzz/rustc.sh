#!/bin/sh
# rustc as `cargo xtask fuzz` has cargo call it for our own crates: every branch is counted, so that libFuzzer sees
# what an input reached. Our crates alone, because others are built already; what is generic in them is built here.
set -eu
case " $* " in
    *" build_script_build "*) exec "$@" ;;
esac
exec "$@" -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
