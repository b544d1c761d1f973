import { run } from '../../build/setup/run.ts'

/** What the real curl gets. */
export async function curl(
  url: string,
  ...args: readonly string[]
): Promise<{ status: number; type: string; body: string }> {
  const output = await run('curl', ['-sS', '-w', '\n%{http_code} %{content_type}', ...args, url])
  const lastLine = output.lastIndexOf('\n')
  const [, status, type = ''] = /^(\d+) (.*)$/.exec(output.slice(lastLine + 1)) ?? []
  return { status: Number(status), type, body: output.slice(0, lastLine) }
}
