import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface CertificateFiles {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const validMs = 90 * 86_400_000

/**
 * Makes an authority and a certificate of its for `localhost` and an address.
 *
 * @returns the paths of the PEM files
 */
export async function makeCertificate(folder: string, address = '127.0.0.1'): Promise<CertificateFiles> {
  const notAfterDate = new Date(Date.now() + validMs)
  const authority = await generate([{ name: 'commonName', value: 'Jetway demo authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: address },
        ],
      },
    ],
  })
  const files = { ca: join(folder, 'ca.crt'), cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') }
  await writeFile(files.ca, authority.cert)
  await writeFile(files.cert, leaf.cert)
  await writeFile(files.key, leaf.private, { mode: 0o600 })
  return files
}
