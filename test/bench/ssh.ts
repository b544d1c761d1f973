import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { run } from '../../build/setup/run.ts'
import { freePort } from '../../demo/free-port.ts'
import type { Processes } from '../../demo/processes.ts'
import { eventually } from '../support/eventually.ts'

const sshd = '/usr/sbin/sshd'

/** `ssh -L` with keys and a server of its own. @returns the local port; null where there is no sshd */
export async function startSshForward(o: {
  folder: string
  upstreamPort: number
  processes: Processes
}): Promise<number | null> {
  const folder = join(o.folder, 'ssh')
  await mkdir(folder, { mode: 0o700 })
  const at = (name: string) => join(folder, name)
  try {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('host')])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('user')])
    await run(sshd, ['-V']).catch((error: Error) => {
      if (error.message.includes('ENOENT')) throw error
    })
  } catch {
    return null
  }
  // sshd run by root asks for this folder.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  const [serverPort, localPort] = [await freePort(), await freePort()]
  const config = `Port ${serverPort}
ListenAddress 127.0.0.1
HostKey ${at('host')}
AuthorizedKeysFile ${at('user.pub')}
PasswordAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
`
  await writeFile(at('sshd.conf'), config)
  o.processes.start('sshd', sshd, ['-D', '-e', '-f', at('sshd.conf')], { logFile: at('sshd.log') })
  await listening(serverPort)
  const options = [
    'StrictHostKeyChecking=no',
    `UserKnownHostsFile=${at('known')}`,
    'ExitOnForwardFailure=yes',
    'BatchMode=yes',
  ]
  const args = [
    '-N',
    '-i',
    at('user'),
    '-p',
    String(serverPort),
    '-L',
    `127.0.0.1:${localPort}:127.0.0.1:${o.upstreamPort}`,
    ...options.flatMap((option) => ['-o', option]),
    `${userInfo().username}@127.0.0.1`,
  ]
  o.processes.start('ssh', 'ssh', args, { logFile: at('ssh.log') })
  await listening(localPort)
  return localPort
}

function listening(port: number): Promise<true> {
  return eventually(`something listens on port ${port}`, async () => {
    const socket = connect(port, '127.0.0.1')
    const isUp = await once(socket, 'connect').then(
      () => true as const,
      () => null,
    )
    socket.destroy()
    return isUp
  })
}
