/**
 * The ways in an answer of Chromium's, which are those of a PAC file: `PROXY host:port; HTTPS host:port; SOCKS5 …; DIRECT`.
 *
 * @returns `http://host:port`, `https://host:port` and `direct`, in their order. Other kinds are left out, unless there is
 *   nothing else: the engine says then that it does not speak them, and goes past none.
 */
export function waysOfPacAnswer(answer: string): string[] {
  const ways = spoken(answer)
  return ways.length > 0 ? ways : [`other://${answer.trim().split(/\W/, 1)[0]}`]
}

function spoken(answer: string): string[] {
  return answer.split(';').flatMap((part) => {
    const [, kind = '', host] = /^\s*(\w+)(?:\s+([\w.:[\]-]+))?\s*$/.exec(part) ?? []
    switch (kind.toUpperCase()) {
      case 'DIRECT':
        return host === undefined ? ['direct'] : []
      case 'PROXY':
      case 'HTTP':
        return proxy('http', host)
      case 'HTTPS':
        return proxy('https', host)
      default:
        return []
    }
  })
}

function proxy(scheme: string, host: string | undefined): string[] {
  const url = `${scheme}://${host}`
  return host !== undefined && URL.canParse(url) ? [url] : []
}
