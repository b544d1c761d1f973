import { z } from 'zod'

const url = z.url({ protocol: /^https?$/ })

/** An http(s) origin without path, query or credentials. */
export const origin = url.refine(
  (text) => URL.canParse(text) && new URL(text).origin === text.replace(/\/$/, ''),
  'scheme, host and port only',
)

/** An http(s) origin and a path, whose segments no two readers could take differently. */
export const originAndPath = url.refine((text) => {
  if (!URL.canParse(text)) return false
  const { origin, pathname } = new URL(text)
  return text.replace(/\/$/, '') === (origin + pathname).replace(/\/$/, '') && isPlain(pathname)
}, 'scheme, host, port and path only')

function isPlain(pathname: string): boolean {
  return /^(\/[\w~-][\w.~-]*)*\/?$/.test(pathname)
}
