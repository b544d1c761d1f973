/**
 * The text of an autostart entry.
 *
 * @see https://specifications.freedesktop.org/autostart-spec/latest/
 */
export function autostartEntry(command: readonly string[]): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Jetway',
    'Comment=Airflow at localhost',
    `Exec=${command.map(quoted).join(' ')}`,
    'Icon=jetway-desktop',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n')
}

/** Whether an entry counts: desktops turn one off by a line in it. */
export function isEnabledEntry(text: string): boolean {
  return !/^(Hidden\s*=\s*true|X-GNOME-Autostart-enabled\s*=\s*false)\s*$/im.test(text)
}

/** An argument of Exec: quoted once for the command line, and once more for the file. */
function quoted(argument: string): string {
  if (/^[\w./:=@+-]+$/.test(argument)) return argument
  const inQuotes = argument.replace(/[\\"`$]/g, '\\$&').replaceAll('%', '%%')
  return `"${inQuotes.replaceAll('\\', '\\\\')}"`
}
