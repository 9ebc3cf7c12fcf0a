#!/bin/sh
# Makes the images that the tests of containers begin with, out of Debian's packages, since a test should pull nothing:
#   jobwire-test/busybox   no C library at all
#   jobwire-test/debian    glibc, bash, coreutils
# Without Docker, or without apt to get packages from, it says so and those tests are skipped; with
# JOBWIRE_DOCKER=required that is a failure.
set -eu

skip() {
  echo "the tests of containers are skipped: $1" >&2
  [ "${JOBWIRE_DOCKER:-}" != required ] || exit 1
  exit 0
}

docker info >/dev/null 2>&1 || skip "Docker is not there, or does not answer"
if docker image inspect jobwire-test/busybox jobwire-test/debian >/dev/null 2>&1; then exit 0; fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "there are no packages of Debian's to make images of"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/packages" "$work/busybox" "$work/debian"
chmod 755 "$work" "$work/packages"
cd "$work/packages"
packages="busybox-static libc6 libtinfo6 libselinux1 libpcre2-8-0 libacl1 libattr1 libgmp10 bash dash coreutils"
# shellcheck disable=SC2086
apt-get download -q $packages >/dev/null 2>"$work/error" || { apt-get update -q >/dev/null 2>&1 && apt-get download -q $packages >/dev/null 2>"$work/error"; } ||
  skip "the packages cannot be downloaded: $(cat "$work/error")"
cd "$work"

for package in packages/*.deb; do
  case $package in
    */busybox-static_*) dpkg-deb -x "$package" unpacked ;;
    *) dpkg-deb -x "$package" debian ;;
  esac
done
mkdir busybox/bin
cp "$(find unpacked -type f -name busybox -perm -100)" busybox/bin/busybox
for applet in $(busybox/bin/busybox --list); do
  [ -e "busybox/bin/$applet" ] || ln -s busybox "busybox/bin/$applet"
done
# Newer packages lie below usr alone, and a package that is not taken here makes the links.
for folder in bin sbin lib lib64; do
  [ -e debian/$folder ] || [ ! -d debian/usr/$folder ] || ln -s usr/$folder debian/$folder
done
[ -e debian/bin/sh ] || ln -s dash debian/bin/sh
for base in busybox debian; do
  mkdir -p $base/etc $base/tmp $base/root $base/usr/local/bin $base/proc $base/sys $base/dev
  chmod 1777 $base/tmp
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n' >$base/etc/passwd
  printf 'root:x:0:\nnogroup:x:65534:\n' >$base/etc/group
  tar --owner=0 --group=0 -C $base -c . | docker import - jobwire-test/$base >/dev/null
done
docker run --rm jobwire-test/debian bash -c true || skip "another Debian's packages need further ones"
echo "made the images jobwire-test/busybox and jobwire-test/debian" >&2
