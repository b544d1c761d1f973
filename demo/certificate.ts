import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface CertificateFiles {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const validMs = 90 * 86_400_000

/**
 * Makes an authority and a certificate of its.
 *
 * @param hosts the names and addresses that the certificate is for: this machine's own by default
 * @param valid from when to when it is good: 90 days from now on by default
 * @returns the paths of the PEM files
 */
export async function makeCertificate(
  folder: string,
  hosts: readonly string[] = ['localhost', '127.0.0.1'],
  valid: { from: Date; until: Date } = { from: new Date(), until: new Date(Date.now() + validMs) },
): Promise<CertificateFiles> {
  // A name of its own: OpenSSL takes two authorities of one name for the same.
  const authority = await generate([{ name: 'commonName', value: `Jetway demo authority ${randomUUID()}` }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + validMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: valid.from,
    notAfterDate: valid.until,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) => (isIP(host) ? { type: 7, ip: host } : { type: 2, value: host })),
      },
    ],
  })
  const files = { ca: join(folder, 'ca.crt'), cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') }
  await writeFile(files.ca, authority.cert)
  await writeFile(files.cert, leaf.cert)
  await writeFile(files.key, leaf.private, { mode: 0o600 })
  return files
}
