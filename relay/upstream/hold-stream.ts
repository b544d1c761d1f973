import type { ErrorCode } from '#shared/errors/table.ts'
import type { Stream } from '#shared/protocol/stream.ts'

/** What a stream said while nobody could listen yet. */
export interface HeldStream {
  /** Why it is over already; null while it is not. */
  readonly resetBy: ErrorCode | null
  /** Tells all of it to who listens now. */
  release(): void
}

/** Keeps what a stream says for a moment. Its window bounds how much that can be. */
export function holdStream(stream: Stream): HeldStream {
  const chunks: Uint8Array[] = []
  let hasEnded = false
  let resetBy: ErrorCode | null = null
  stream.listener = {
    onData: (chunk) => void chunks.push(chunk),
    onEnd() {
      hasEnded = true
    },
    onDrain() {},
    onReset(code) {
      resetBy = code
    },
  }
  return {
    get resetBy() {
      return resetBy
    },
    release() {
      for (const chunk of chunks) stream.listener.onData(chunk)
      if (hasEnded) stream.listener.onEnd()
    },
  }
}
