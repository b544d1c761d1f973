/**
 * The relay's URL of what a person typed: `https://` may be left out, a path is cut off. Null when it is no
 * address.
 */
export function relayUrlOf(typed: string): string | null {
  const text = typed.trim()
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  // Chromium takes a space for part of a host's name.
  if (text === '' || /\s/.test(text) || !URL.canParse(full)) return null
  const url = new URL(full)
  const web = url.protocol === 'https:' || url.protocol === 'http:'
  return web && url.hostname !== '' && url.username === '' ? url.origin : null
}
