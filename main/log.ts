/** One JSON line on stderr for each event of the main process. Never secrets, never sign-in URLs. */
export function log(
  event: string,
  fields: Readonly<Record<string, string | number | boolean | null>> = {},
): void {
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), part: 'main', event, ...fields })}\n`,
  )
}
