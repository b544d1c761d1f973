/** What is asked of a socket; Node's `net.Socket` is one. */
export interface LineSocket {
  setEncoding(encoding: 'utf8'): unknown
  on(event: 'data', listener: (text: string) => void): unknown
  destroy(): unknown
}

const maxLineChars = 1_048_576

/** Calls `onLine` for each line that comes in; a line without end closes the connection. */
export function readLines(socket: LineSocket, onLine: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() as string
    if (rest.length > maxLineChars) socket.destroy()
    for (const line of lines) if (line !== '') onLine(line)
  })
}
