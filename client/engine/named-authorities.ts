import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { readCompanyAuthorities } from '../company/company-files.ts'

/**
 * The authorities of a new environment, as PEM: of the file that the person names, else of the one that the company's
 * file does; null where none does.
 *
 * @throws USAGE, COMPANY_FILE_INVALID when it cannot be read or holds none
 */
export async function namedAuthorities(
  asked: string | undefined,
  offered: string | undefined,
): Promise<string | null> {
  if (asked !== undefined) return readAuthorities(asked)
  return offered === undefined ? null : readCompanyAuthorities(offered)
}

async function readAuthorities(path: string): Promise<string> {
  try {
    const pem = await readFile(resolve(path), 'utf8')
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  } catch (error) {
    throw asJetwayError(error, 'USAGE', { reason: `${path} cannot be read.` })
  }
  throw new JetwayError('USAGE', { reason: `${path} holds no certificate in PEM form.` })
}
