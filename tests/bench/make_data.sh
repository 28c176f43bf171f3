#!/bin/sh
# usage: make_data.sh DIRECTORY [SEED]
# Writes the random texts that the programs of this folder read: symbols.txt, 20,000 characters of 65;
# words.txt, 12,000 words of 10,000; lengths.tsv, 512 rows of 5 to 100 of the 65 characters. The same seed
# gives the same texts with one awk.
set -eu
directory=$1
seed=${2:-1}
mkdir -p "$directory"

# Every symbol and word occurs at least once, so that vocabularies have the size that they are meant to have.
awk -v seed="$seed" -v directory="$directory" '
function below(n) { return int(rand() * n) }
function symbol(i) { return substr(alphabet, i + 1, 1) }
BEGIN {
  srand(seed)
  alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,-"

  file = directory "/symbols.txt"
  printf "%s", alphabet >file
  for (i = 65; i < 20000; ++i) printf "%s", symbol(below(65)) >file
  close(file)

  file = directory "/words.txt"
  printf "w0" >file
  for (i = 1; i < 12000; ++i) printf " w%d", i < 10000 ? i : below(10000) >file
  close(file)

  file = directory "/lengths.tsv"
  printf "text\n%s\n", alphabet >file
  for (row = 1; row < 512; ++row) {
    for (left = 5 + below(96); left > 0; --left) printf "%s", symbol(below(65)) >file
    printf "\n" >file
  }
  close(file)
}'
