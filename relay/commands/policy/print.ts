/** Prints text for people. Names in it come from providers and logs, and must not move the cursor. */
export function print(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  process.stdout.write(text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd'))
}

/** Prints a value for programs, as one line. */
export function printJson(value: object | null): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
