#!/bin/sh
# Of deb and rpm, after the files are gone. Both also call it for the old version in an update: what is there then is the
# new one's.
set -e
case "$1" in
remove | purge | 0) ;;
*) exit 0 ;;
esac
rm -f /usr/bin/jetway /usr/bin/jetway-desktop
if [ -f /etc/apparmor.d/jetway-desktop ]; then
  apparmor_parser --remove /etc/apparmor.d/jetway-desktop 2>/dev/null || true
  rm -f /etc/apparmor.d/jetway-desktop
fi
update-desktop-database -q /usr/share/applications 2>/dev/null || true
gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor 2>/dev/null || true
