#!/usr/bin/env bash
# Makes a Debian package of a built program: build_deb.sh FOLDER, as packaging/build.sh calls it.
# Needs build/icons and build/notices beside it. Prints the package's place.
set -eu
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../environment.sh"

bundle=$(readlink -f -- "$1")
here=$root/packaging/debian
desktop=$root/packaging/desktop
version=$(sed -n 's/^VERSION = "\(.*\)"$/\1/p' "$root/core/versions.py")
architecture=$(dpkg --print-architecture)
stage=$root/build/deb
package=$root/dist/albumen_${version}_$architecture.deb

for tool in desktop-file-validate appstreamcli; do
    command -v "$tool" >/dev/null || { may_install && apt_install desktop-file-utils appstream; } ||
        fail "install the system packages desktop-file-utils and appstream."
done
desktop-file-validate "$desktop/albumen.desktop"
appstreamcli validate --no-net "$desktop/org.albumen.Albumen.metainfo.xml" >&2

rm -rf "$stage"
install -d "$stage/usr/lib" "$stage/usr/bin" "$stage/usr/share/applications" \
    "$stage/usr/share/metainfo" "$stage/usr/share/doc/albumen" "$stage/DEBIAN"
cp -a "$bundle" "$stage/usr/lib/albumen"
ln -s ../lib/albumen/albumen "$stage/usr/bin/albumen"
install -m 644 "$desktop/albumen.desktop" "$stage/usr/share/applications/"
install -m 644 "$desktop/org.albumen.Albumen.metainfo.xml" "$stage/usr/share/metainfo/"
for size in 16 22 24 32 48 64 128 256 512; do
    install -D -m 644 "$root/build/icons/${size}x$size/albumen.png" \
        "$stage/usr/share/icons/hicolor/${size}x$size/apps/albumen.png"
done
install -D -m 644 "$root/build/icons/albumen.svg" \
    "$stage/usr/share/icons/hicolor/scalable/apps/albumen.svg"
# What file managers show when a folder is clicked with the right button.
install -D -m 755 "$desktop/albumen-folder.desktop" \
    "$stage/usr/share/kio/servicemenus/albumen-folder.desktop"
install -D -m 644 "$desktop/albumen.nemo_action" \
    "$stage/usr/share/nemo/actions/albumen.nemo_action"
cp "$here/copyright" "$stage/usr/share/doc/albumen/copyright"
gzip -9n <"$bundle/_internal/licences/THIRD-PARTY-NOTICES.txt" \
    >"$stage/usr/share/doc/albumen/THIRD-PARTY-NOTICES.txt.gz"
install -m 755 "$here/postinst" "$here/postrm" "$stage/DEBIAN/"
install -m 644 "$here/templates" "$stage/DEBIAN/templates"

# What the loader must find outside: every library that is asked for and not in the bundle.
needed_packages() {
    find "$bundle" -type f \( -name '*.so*' -o -path "$bundle/albumen" \) -exec objdump -p {} + 2>/dev/null |
        sed -n 's/^ *NEEDED *//p' | sort -u >"$root/build/needed"
    find "$bundle" -name '*.so*' -printf '%f\n' | sort -u >"$root/build/carried"
    local library place
    comm -23 "$root/build/needed" "$root/build/carried" | while read -r library; do
        place=$(/sbin/ldconfig -p | sed -n "s|^\t$library (.*x86-64.*) => ||p" | head -n 1)
        [ -n "$place" ] || continue # Wayland's, where it is not installed: recommended below
        { dpkg-query -S "$(readlink -f "$place")" || dpkg-query -S "$place"; } 2>/dev/null |
            head -n 1 | cut -d: -f1
    done | grep -v '^libc6$' | sort -u
}
depends="libc6 (>= $(dpkg-query -W -f '${Version}' libc6 | cut -d- -f1))"
for name in $(needed_packages) fontconfig-config debconf; do
    depends="$depends, $name"
done

cat >"$stage/DEBIAN/control" <<CONTROL
Package: albumen
Version: $version
Architecture: $architecture
Maintainer: The Albumen authors
Section: graphics
Priority: optional
Installed-Size: $(du -sk "$stage/usr" | cut -f1)
Depends: $depends
Recommends: fonts-dejavu-core, libwayland-cursor0, libwayland-egl1, xdg-utils
Description: score portraits, see why, keep the best
 Albumen watches folders of photos, scores every new portrait in the
 background with a neural model that ships with it, ranks and filters them,
 and shows why a photo scored low. Everything runs on this machine: no photo,
 face or score leaves it.
CONTROL
(cd "$stage" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"
find "$stage" -type d -exec chmod 755 {} +
dpkg-deb --root-owner-group -Zxz --build "$stage" "$package" >&2
rm -rf "$stage"
du -h "$package" >&2
echo "$package"
