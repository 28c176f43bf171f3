#!/bin/sh
# usage: compare.sh [-r RUNS] [-w SECONDS] [-p PRECISION] [-i] [CONFIGURATIONS [CELLS]]
# e.g.   compare.sh "a b" "lstm own-lstm"
#
# Tokens a second of Unfold and of PyTorch on the programs of this folder, as a table. For each program PyTorch's
# best setting is found by short trials first; then both run in turn, RUNS times (5), and the medians are
# compared; memory is what each process grew by at most, Unfold / PyTorch. -w: seconds that each of the five
# windows of a run lasts (0.6); -p bfloat16: Unfold's products in bfloat16, PyTorch stays in float32; -i: inference
# instead of training.
# Needs build/unfold, and PyTorch (Debian: python3-torch) for /usr/bin/python3.
set -eu
cd "$(dirname "$0")/../.."

runs=5
window=0.6
precision=float32
inference=
while getopts r:w:p:i option; do
  case $option in
    r) runs=$OPTARG ;;
    w) window=$OPTARG ;;
    p) precision=$OPTARG ;;
    i) inference=--inference ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
configurations=${1:-a b c d e e-mixed}
cells=${2:-lstm gru rnn own-lstm}
cores=$(nproc)

[ -f build/bench/lengths.tsv ] || sh tests/bench/make_data.sh build/bench

number() { sed -n "s/.*\"$1\": *\([0-9.e+]*\).*/\1/p"; } # the value of a name in JSON
rate() { number tokens_per_second; }
median() { sort -n | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }

unfold_json() { # CONFIGURATION CELL
  mixed=
  [ "$1" = "${1%-mixed}" ] || mixed=--mixed
  build/unfold bench "tests/bench/${1%-mixed}-$2.fold" --json --window "$window" --precision "$precision" \
    $mixed $inference
}

# A setting is TORCH-THREADS/BLAS-THREADS[+FLAG…].
torch_json() { # CONFIGURATION CELL SETTING WINDOW
  threads=${3%%+*}
  flags=$(echo "${3#"$threads"}" | sed 's/+/ --/g')
  [ "$1" = "${1%-mixed}" ] || flags="$flags --mixed"
  OMP_NUM_THREADS=${threads%/*} OPENBLAS_NUM_THREADS=${threads#*/} OMP_WAIT_POLICY=PASSIVE \
    /usr/bin/python3 tests/bench/torch_step.py "${1%-mixed}" "$2" --threads "${threads%/*}" --window "$4" \
    $flags $inference
}

torch_rate() { torch_json "$@" | rate; }

# OpenBLAS takes its slowest kernels on a processor that is newer than itself, unless it is told which to take.
best_kernels() {
  unset OPENBLAS_CORETYPE
  echo "$(torch_rate a lstm 1/1 0.2)"
  for kernels in avx2=Haswell avx512f=SkylakeX; do
    grep -qw "${kernels%=*}" /proc/cpuinfo || continue
    export OPENBLAS_CORETYPE="${kernels#*=}"
    echo "$(torch_rate a lstm 1/1 0.2) $OPENBLAS_CORETYPE"
  done
}

settings_of() { # CONFIGURATION CELL
  for threads in 1/1 "1/$cores" "$cores/1" "$cores/$cores"; do
    echo "$threads"
    case $1/$2 in
      */own-lstm) echo "$threads+script" ;;
      e*) echo "$threads+packed" ;;
    esac
  done | sort -u
}

best_setting() { # CONFIGURATION CELL
  for setting in $(settings_of "$1" "$2"); do
    echo "$(torch_rate "$1" "$2" "$setting" 0.2) $setting"
  done | sort -gr | sed -n '1s/.* //p'
}

kernels=$(best_kernels | sort -gr | sed -n '1s/[^ ]* *//p')
if [ -n "$kernels" ]; then export OPENBLAS_CORETYPE="$kernels"; else unset OPENBLAS_CORETYPE; fi

processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | sed -n 1p)
echo "Measured $(date -u +%Y-%m-%d) on $processor, $cores cores; runs: $runs, with windows of $window s."
echo
echo "| | cell | Unfold | PyTorch | its setting | ratio | ratios of the runs | memory, MB |"
echo "|---|---|---|---|---|---|---|---|"
results=$(mktemp -d)
trap 'rm -r "$results"' EXIT
for configuration in $configurations; do
  for cell in $cells; do
    setting=$(best_setting "$configuration" "$cell")
    : >"$results/unfold"
    : >"$results/torch"
    for _ in $(seq "$runs"); do
      unfold_json "$configuration" "$cell" >"$results/unfold.json"
      torch_json "$configuration" "$cell" "$setting" "$window" >"$results/torch.json"
      rate <"$results/unfold.json" >>"$results/unfold"
      rate <"$results/torch.json" >>"$results/torch"
    done
    paste "$results/unfold" "$results/torch" | awk '{ print $1 / $2 }' | sort -n >"$results/ratios"
    awk -v configuration="$configuration" -v cell="$cell" -v setting="$setting" \
      -v unfold="$(median <"$results/unfold")" -v torch="$(median <"$results/torch")" \
      -v low="$(sed -n 1p "$results/ratios")" -v high="$(sed -n '$p' "$results/ratios")" \
      -v memory="$(number memory_peak_growth <"$results/unfold.json")" \
      -v memory_torch="$(number memory_peak_growth <"$results/torch.json")" 'BEGIN {
        printf "| %s | %s | %.1f k | %.1f k | %s | **%.2f** | %.2f to %.2f | %.0f / %.0f |\n", configuration, cell,
               unfold / 1000, torch / 1000, setting, unfold / torch, low, high, memory / 1e6, memory_torch / 1e6
      }'
  done
done
