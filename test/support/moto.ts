import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureMoto } from '../../build/setup/python.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { eventually } from './eventually.ts'

/** moto: AWS on this machine. */
export interface Moto {
  readonly url: string
  stop(): Promise<void>
}

/** Starts it so that it checks signatures: what `prepare` made, who may what included, holds from then on. */
export async function startMoto(prepare: (url: string) => Promise<void> = async () => {}): Promise<Moto> {
  const bin = await ensureMoto()
  const folder = await mkdtemp(join(tmpdir(), 'jetway-moto-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const processes = new Processes()
  const stop = async () => {
    await processes.stopAll()
    await rm(folder, { recursive: true, force: true })
  }
  const logFile = join(folder, 'moto.log')
  const args = ['-H', '127.0.0.1', '-p', String(port)]
  processes.start('moto', join(bin, 'moto_server'), args, { cwd: folder, logFile })
  try {
    const isUp = () =>
      fetch(`${url}/moto-api/data.json`).then(
        ({ ok }) => ok,
        () => false,
      )
    await Promise.race([eventually('moto answers', isUp), processes.failure])
    await prepare(url)
    const response = await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: '0' })
    if (!response.ok) throw new Error(`moto goes on without signatures: ${response.status}`)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, stop }
}

/**
 * A user of the account 123456789012 with an access key; for `prepare`, since from then on it takes a signature.
 *
 * @param userName a new one
 */
export async function addMotoUser(
  url: string,
  userName: string,
): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  await iam(url, { Action: 'CreateUser', UserName: userName })
  const text = await iam(url, { Action: 'CreateAccessKey', UserName: userName })
  const read = (tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(text)?.[1] as string
  return { accessKeyId: read('AccessKeyId'), secretAccessKey: read('SecretAccessKey') }
}

async function iam(url: string, parameters: Record<string, string>): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    // By the scope of a signature moto knows which service is meant.
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/iam/aws4_request' },
    body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}
