#!/bin/sh
# Installs what building Unfold needs, with apt-get: the first step of ./demo and ./test.
# Does nothing when everything is there. docs/dependencies.md says what each package is for.
set -eu

packages='
  g++ cmake ninja-build ccache
  libtbb-dev libxtensor-dev libxtensor-blas-dev libxsimd-dev libopenblas-pthread-dev libdnnl-dev libxsmm-dev
  libfmt-dev libcli11-dev nlohmann-json3-dev libutfcpp-dev
  librandom123-dev libboost-test-dev
'

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "There is no apt-get here, so nothing is installed. On Debian 12 the packages are:" $packages >&2
  echo "Going on with what this system has." >&2
  exit 0
fi

missing=
for package in $packages; do
  installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root='env DEBIAN_FRONTEND=noninteractive'
elif command -v sudo >/dev/null; then
  as_root='sudo env DEBIAN_FRONTEND=noninteractive'
else
  echo "These packages are missing, and there is no sudo to install them with. As root, run:" >&2
  echo "  apt-get update && apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "Installing with apt-get:$missing"
# A mirror that does not answer is no reason to stop: the lists that are here may be enough.
$as_root apt-get update -qq || echo "apt-get update failed; trying with the package lists that are here." >&2
if ! $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
  echo "apt-get could not install the packages above. Building needs Debian 12 or newer, or the same libraries." >&2
  exit 1
fi
