#!/bin/sh
# Of deb and rpm, after the files are in place.
set -e
ln -sf /opt/Jetway/jetway-desktop /usr/bin/jetway-desktop
ln -sf /opt/Jetway/resources/engine/jetway /usr/bin/jetway

# Chromium's sandbox needs user namespaces, or this program as root where the kernel has none.
if unshare --user true 2>/dev/null; then
  chmod 0755 /opt/Jetway/chrome-sandbox
else
  chmod 4755 /opt/Jetway/chrome-sandbox
fi

# Ubuntu 24 and later allow user namespaces by profile only. Older ones do not know its language.
if apparmor_status --enabled >/dev/null 2>&1 &&
  apparmor_parser --skip-kernel-load --debug /opt/Jetway/resources/apparmor-profile >/dev/null 2>&1; then
  cp -f /opt/Jetway/resources/apparmor-profile /etc/apparmor.d/jetway-desktop
  apparmor_parser --replace --write-cache --skip-read-cache /etc/apparmor.d/jetway-desktop || true
fi

update-desktop-database -q /usr/share/applications 2>/dev/null || true
gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor 2>/dev/null || true
