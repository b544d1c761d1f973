import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../build/setup/run.ts'
import { type CertificateFiles, makeCertificate } from '../../demo/certificate.ts'
import { type Inside, Processes } from '../../demo/processes.ts'
import { eventually } from '../support/eventually.ts'
import { type Side, startWan, type Wan } from '../support/wan/wan.ts'

/** Where a bench runs: the developer's machine (near) and the company's (far), on loopback or with a link between. */
export interface Site {
  /** For keys, configurations and logs. */
  readonly folder: string
  /** What the near side reaches the far side at. */
  readonly farHost: string
  /** Of the far side, for `localhost` and `farHost`. */
  readonly certificate: CertificateFiles
  /** Null on loopback. */
  readonly wan: Wan | null
  readonly near: Processes
  readonly far: Processes
  /** Turns a command into one that runs on a side. */
  inside(side: Side): Inside
  /** Waits until something listens on a side; at the far side's address, or a side's own 127.0.0.1. */
  listening(side: Side, port: number, host?: string): Promise<unknown>
  stop(): Promise<void>
}

export async function openSite(o: { overDistance: boolean }): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'jetway-bench-'))
  const wan = o.overDistance ? await startWan() : null
  const inside = (side: Side): Inside =>
    wan === null ? (...line) => line : (command, args) => wan.inNamespace(side, command, args)
  const farHost = wan === null ? '127.0.0.1' : wan.addresses.far
  const [near, far] = [new Processes(inside('near')), new Processes(inside('far'))]
  return {
    folder,
    farHost,
    certificate: await makeCertificate(folder, ['localhost', farHost]),
    wan,
    near,
    far,
    inside,
    listening: (side, port, host = side === 'far' ? farHost : '127.0.0.1') =>
      Promise.race([
        eventually(`something listens on port ${port}`, () => answers(inside(side), host, port)),
        near.failure,
        far.failure,
      ]),
    async stop() {
      await near.stopAll()
      await far.stopAll()
      await wan?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Tried from that side: nobody else can reach its loopback. */
function answers(inside: Inside, host: string, port: number): Promise<boolean> {
  const script = `require('node:net').connect(${port}, '${host}', () => process.exit()).on('error', () => process.exit(1))`
  return run(...inside(process.execPath, ['-e', script])).then(
    () => true,
    () => false,
  )
}
