/** What a JSON text stands for; null where there is none or it is not JSON, for a schema to refuse. */
export function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
