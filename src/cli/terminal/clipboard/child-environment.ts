/**
 * The environment of programs that zephr starts for itself, such as a clipboard's. It has what they need to find the
 * desktop, their files and the person's language, and nothing else: no API key, no callback secret, no password of a
 * proxy or a database. What a person runs through zephr gets the person's own environment.
 */

import type { Environment } from '../terminal.js';

/** In capitals: Windows tells no case apart in names. */
const PASSED_ON: ReadonlySet<string> = new Set([
  // Where programs and files are.
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'PREFIX',
  'TERMUX_VERSION',
  // The desktop.
  'DISPLAY',
  'XAUTHORITY',
  'WAYLAND_DISPLAY',
  'WAYLAND_SOCKET',
  'XDG_RUNTIME_DIR',
  'XDG_SESSION_TYPE',
  'DBUS_SESSION_BUS_ADDRESS',
  // Windows, and Linux on it.
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMFILES',
  'PSMODULEPATH',
  'WSL_DISTRO_NAME',
  'WSL_INTEROP',
]);

/** The variables of `env` that a program of ours gets. */
export function childEnvironment(env: Environment): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const known = PASSED_ON.has(name.toUpperCase()) || /^(LANG|LANGUAGE|LC_[A-Z]+)$/.test(name);
    if (known && value !== undefined) passed[name] = value;
  }
  return passed;
}
