#!/usr/bin/env bash
# Makes the root file system of the image from this machine's libraries:
#
#   deploy/docker/rootfs.sh OUT [BINARY]     BINARY: build/release/tallyman if not said
#
# OUT must be empty or not there. The same binary on the same packages gives the same files, times and modes.
# Needs no root: the files are made root's by the image (COPY does so).
set -euo pipefail
umask 022
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
  printf 'rootfs.sh: %s\n' "$*" >&2
  exit 1
}

[[ $# == 1 || $# == 2 ]] || fail "usage: rootfs.sh OUT [BINARY]"
out=$1 binary=${2:-$repository/build/release/tallyman}
[[ -x $binary ]] || fail "no program at $binary: ./dev build makes it"
if [[ -e $out && -n $(ls -A "$out") ]]; then fail "$out is not empty: remove it, or name another folder"; fi
mkdir -p "$out"
out=$(cd "$out" && pwd)

into() { # FILE PATH [MODE] : a copy of what FILE is or points to
  install -D -m "${3:-644}" "$1" "$out$2"
}

# --- the program and what the loader needs for it ---------------------------------------------------
into "$binary" /usr/bin/tallyman 755
strip_program=$(command -v strip || command -v llvm-strip-19 || command -v llvm-strip) || fail "no strip: apt install binutils"
"$strip_program" --strip-unneeded "$out/usr/bin/tallyman"

# `name => /path (address)`, and the loader as `/path (address)`.
if ldd "$binary" | grep -F 'not found' >&2; then fail "libraries are missing on this machine"; fi
mapfile -t libraries < <(ldd "$binary" | sed -nE 's/^.* => (\/[^ ]+) .*/\1/p; s/^[[:space:]]*(\/[^ ]+) \(.*/\1/p' | sort -u)
((${#libraries[@]} > 0)) || fail "ldd found no libraries of $binary; expected a dynamically linked program"
packages=()
for library in "${libraries[@]}"; do
  # A variant for this machine's processor must not be the only one in the image.
  plain=$(sed -E 's|/glibc-hwcaps/[^/]+||' <<<"$library")
  into "$plain" "$plain" 755
  # Debian merged /lib into /usr/lib, its database has either name. One that libc6 diverts (Debian 13) names no package.
  for path in "$plain" "$(realpath "$plain")" "/usr$plain" "${plain#/usr}"; do
    package=$(dpkg-query -S "$path" 2>/dev/null | sed -nE '/^diversion by /d; s/(, |: ).*//p' | head -n 1 || true)
    if [[ -n $package ]]; then
      packages+=("$package")
      break
    fi
  done
done

# --- what it reads while it runs --------------------------------------------------------------------
# The authorities, where OpenSSL of the distribution looks for them.
into /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
mkdir -p "$out/usr/lib/ssl"
ln -s /etc/ssl/certs/ca-certificates.crt "$out/usr/lib/ssl/cert.pem"

# Time zones, for `timezone:` of a target. Not posix/ (the same again) nor right/ (with leap seconds).
mkdir -p "$out/usr/share/zoneinfo"
(cd /usr/share/zoneinfo && find . -mindepth 1 \( -path ./posix -o -path ./right -o -name localtime -o -name posixrules \) -prune \
  -o \( -type f -o -type l \) -print0 | sort -z | xargs -0 cp -P --preserve=links --parents -t "$out/usr/share/zoneinfo")

# The configuration it starts with: the demonstration. Yours is mounted over it.
into "$repository/targets.yaml" /etc/tallyman/targets.yaml
printf 'tallyman:x:65532:65532:tallyman:/:/sbin/nologin\n' >"$out/etc/passwd"
printf 'tallyman:x:65532:\n' >"$out/etc/group"
printf 'hosts: files dns\n' >"$out/etc/nsswitch.conf"

# Where runtimes mount theirs, also into a read-only root.
mkdir -p "$out"/{dev,proc,sys}

# --- for people and scanners ------------------------------------------------------------------------
# The collectors are in the program; these are for reading and for taking as a start.
for collector in "$repository"/collectors/*; do into "$collector" "/usr/share/tallyman/collectors/${collector##*/}"; done
into "$repository/LICENSE" /usr/share/doc/tallyman/copyright
into /etc/os-release /etc/os-release
mkdir -p "$out/var/lib/dpkg/status.d"
mapfile -t packages < <(printf '%s\n' "${packages[@]}" ca-certificates tzdata | sort -u)
for package in "${packages[@]}"; do
  name=${package%%:*}
  dpkg-query -s "$package" | sed '/^Conffiles:/,/^[^ ]/{/^Conffiles:/d;/^ /d}' >"$out/var/lib/dpkg/status.d/$name"
  [[ -r /usr/share/doc/$name/copyright ]] || fail "no licence of $package: expected /usr/share/doc/$name/copyright"
  into "/usr/share/doc/$name/copyright" "/usr/share/doc/$name/copyright"
done

find "$out" -type d -exec chmod 755 {} +
find "$out" -depth -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:-0}" {} +
printf '%s: %s, %s libraries of %s packages\n' "$out" "$(du -sh --apparent-size "$out" | cut -f1)" "${#libraries[@]}" \
  "${#packages[@]}" >&2
