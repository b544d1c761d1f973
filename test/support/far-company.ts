import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../build/setup/run.ts'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import { startProvider } from '../../demo/provider/provider.ts'
import { type DemoRelay, startRelay, writeKeys } from '../../demo/stack.ts'
import { startWan, type Wan } from './wan/wan.ts'

/** Ana's engine on one side of a link, connected, and on the other the relay and an upstream of known bytes. */
export interface FarCompany {
  readonly folder: string
  readonly wan: Wan
  readonly relay: DemoRelay
  /** Of the service, on the near side. */
  readonly port: number
  /** On the near side, to its end. @returns what it prints */
  curl(...args: readonly string[]): Promise<string>
  close(): Promise<void>
}

export async function startFarCompany(o: {
  rttMs: number
  mbit: number
  accessTokenSeconds: number
}): Promise<FarCompany> {
  const folder = await mkdtemp(join(tmpdir(), 'jetway-far-'))
  const wan = await startWan()
  await wan.set({ rttMs: o.rttMs, mbit: o.mbit })
  const near = new Processes((command, args) => wan.inNamespace('near', command, args))
  const far = new Processes((command, args) => wan.inNamespace('far', command, args))
  const provider = await startProvider({ port: 0, accessTokenSeconds: o.accessTokenSeconds })
  const close = async () => {
    await near.stopAll()
    await far.stopAll()
    await wan.stop()
    await provider.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await wan.publish(Number(new URL(provider.issuer).port))
    const upstreamPort = await new Promise<string>((onLine, reject) => {
      far.failure.catch(reject)
      const script = join(import.meta.dirname, 'hashing-upstream.ts')
      far.start('upstream', process.execPath, [script], { logFile: join(folder, 'upstream.log'), onLine })
    })
    const port = await freePort()
    const relay = await startRelay({
      stateDir: folder,
      folder: await writeKeys(folder),
      host: wan.addresses.far,
      airflowUrl: `http://127.0.0.1:${upstreamPort}`,
      issuer: provider.issuer,
      relayPort: 0,
      localPort: port,
      processes: far,
    })
    const browser = join(import.meta.dirname, '../bench/sign-in.ts')
    await connectHeadless({
      stack: relay,
      stateDir: folder,
      user: 'ana',
      port: null,
      processes: near,
      signIn: (url, user) => run(...wan.inNamespace('near', process.execPath, [browser, url, user])),
    })
    return {
      folder,
      wan,
      relay,
      port,
      curl: (...args) =>
        run(...wan.inNamespace('near', 'curl', ['-sS', '--fail', '--max-time', '80', ...args])),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
