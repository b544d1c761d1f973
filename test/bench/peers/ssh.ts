import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../build/setup/run.ts'
import { freePort } from '../../../demo/free-port.ts'
import { isMissing, type StartPeer } from './peer.ts'

const sshd = '/usr/sbin/sshd'
const name = 'ssh -L'

/** `ssh -L` with keys and a server of its own. */
export const startSsh: StartPeer = async (site, upstream) => {
  const folder = join(site.folder, 'ssh')
  await mkdir(folder, { mode: 0o700 })
  const at = (file: string) => join(folder, file)
  try {
    for (const key of ['host', 'user'])
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)])
    // Without a configuration it only complains.
    await run(sshd, ['-V']).catch((error: unknown) => {
      if (isMissing(error)) throw error
    })
  } catch {
    return { name, reason: 'openssh is not installed' }
  }
  // sshd run by root asks for this folder.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  const [serverPort, localPort] = [await freePort(), await freePort()]
  const config = `Port ${serverPort}
ListenAddress ${site.farHost}
HostKey ${at('host')}
AuthorizedKeysFile ${at('user.pub')}
PasswordAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
`
  await writeFile(at('sshd.conf'), config)
  site.far.start('sshd', sshd, ['-D', '-e', '-f', at('sshd.conf')], { logFile: at('sshd.log') })
  await site.listening('far', serverPort)
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
    `127.0.0.1:${localPort}:${site.farHost}:${upstream.port}`,
    ...options.flatMap((option) => ['-o', option]),
    `${userInfo().username}@${site.farHost}`,
  ]
  site.near.start('ssh', 'ssh', args, { logFile: at('ssh.log') })
  await site.listening('near', localPort)
  return { name, url: `http://127.0.0.1:${localPort}` }
}
