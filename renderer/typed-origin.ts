/**
 * The origin of what a person typed or pasted: the scheme may be left out, a path is cut off. Null when it is no address
 * of http or https, or carries a user or a password.
 */
export function typedOrigin(typed: string, scheme: 'http' | 'https'): string | null {
  const text = typed.trim()
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${scheme}://${text}`
  // Chromium takes a space for part of a host's name.
  if (text === '' || /\s/.test(text) || !URL.canParse(full)) return null
  const { protocol, hostname, username, password, origin } = new URL(full)
  const isWeb = protocol === 'https:' || protocol === 'http:'
  return isWeb && hostname !== '' && username === '' && password === '' ? origin : null
}
