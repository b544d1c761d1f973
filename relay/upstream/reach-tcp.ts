import { connect } from 'node:net'
import type { TcpServiceConfig } from '#shared/config/tcp-service.ts'

/** Whether a tcp service accepts connections. @throws Error that says why not */
export function reachTcp({ address, connectTimeoutSeconds }: TcpServiceConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    const timeout = () => socket.destroy(new Error('not connected in time'))
    const timer = setTimeout(timeout, connectTimeoutSeconds * 1000)
    socket.once('connect', () => {
      resolve()
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
  })
}
