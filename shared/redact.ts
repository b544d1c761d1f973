/** What a secret looks like, with what is left of it. Every pattern takes time that grows with the text alone. */
const secrets: ReadonlyArray<readonly [RegExp, string]> = [
  // User and password in a URL
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"']{1,512}@/gi, '$1[removed]@'],
  [/\b(bearer|basic|dpop|negotiate)\s+[\w~+/.=-]{8,}/gi, '$1 [removed]'],
  // JSON Web Tokens, and access keys
  [/\beyJ[\w-]+(\.[\w-]*){1,4}/g, '[token removed]'],
  [/\bjtwy_[0-9A-Za-z]+/g, '[key removed]'],
  [/([?&#](?:code|state|nonce|session_state)=)[^\s"'&]+/g, '$1[removed]'],
  [
    /\b((?:access_|refresh_|id_)?token|code_verifier|(?:client_)?secret|password|passphrase|assertion|(?:set-)?cookie|(?:proxy-)?authorization)(["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    '$1$2[removed]',
  ],
  // Whatever else is long and means nothing to a person
  [/(?=[\w+=-]{0,200}\d)(?=[\w+=-]{0,200}[A-Za-z])[\w+=-]{40,}/g, '[removed]'],
]

const homes: ReadonlyArray<RegExp> = [
  /\/(?:home|Users)\/[^/\s"':;,]+/g,
  /\b[A-Z]:\\{1,2}Users\\{1,2}[^\\\s"':;,]+/gi,
]

/**
 * A text for a log or a report, without what must not stand there: tokens, passwords, and the names of people's home
 * folders.
 *
 * @param home the person's own home folder, wherever it is
 */
export function redact(text: string, home: string): string {
  let safe = home.length > 1 ? text.replaceAll(home, '~') : text
  for (const [pattern, instead] of secrets) safe = safe.replace(pattern, instead)
  for (const pattern of homes) safe = safe.replace(pattern, '~')
  return safe
}
