#!/bin/sh
# The slower checks, each by itself or all of them:
#   tools/ci/check.sh [format] [tidy] [asan] [tsan] [fuzz]
# Needs clang, clang-format and clang-tidy beside what ./test installs; FUZZ_SECONDS is the time
# that each fuzzer gets (60).
set -eu
cd "$(dirname "$0")/../.."

sources() {
  find graph ops models tools tests examples -name '*.h' -o -name '*.cpp'
}

check_format() {
  sources | xargs clang-format --dry-run --Werror
}

check_tidy() {
  cmake --workflow --preset tidy
}

check_asan() {
  cmake --workflow --preset asan
}

check_tsan() {
  cmake --workflow --preset tsan
}

check_fuzz() {
  cmake --preset fuzz
  cmake --build --preset fuzz
  for fuzzer in build-fuzz/fuzz/fuzz_*; do
    name=${fuzzer##*/fuzz_}
    echo "== $name"
    mkdir -p "build-fuzz/corpus/$name"
    set -- "build-fuzz/corpus/$name"
    [ ! -d "tests/fuzz/seeds/$name" ] || set -- "$@" "tests/fuzz/seeds/$name"
    "$fuzzer" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -verbosity=0 -print_final_stats=1 \
      -artifact_prefix="build-fuzz/$name-" "$@"
  done
}

[ $# -gt 0 ] || set -- format tidy asan tsan fuzz
for check in "$@"; do
  case $check in
    format | tidy | asan | tsan | fuzz) echo "== $check"; "check_$check" ;;
    *) echo "unknown check '$check'; the checks are format, tidy, asan, tsan, fuzz" >&2; exit 2 ;;
  esac
done
