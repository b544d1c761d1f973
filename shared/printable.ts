/** What others wrote, fit for a terminal: what would move its cursor or hide text is shown as a mark. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\ufffd')
}
