import { dirname, resolve } from 'node:path'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { CompanyEnvironment } from './company-file.ts'
import { companyFilePlaces } from './places.ts'
import { readSafely, UnsafeFile } from './read-safely.ts'

const maxFileBytes = 65_536
const maxCaBytes = 1_048_576

export interface CompanyEnvironments {
  /** A relay that several files propose is as the first has it. */
  readonly environments: readonly CompanyEnvironment[]
  /** COMPANY_FILE_INVALID of the first that was not taken; null where all were. */
  readonly problem: JetwayError | null
}

/** What the company proposes, from all places where it may say so. Files that are not there are no problem. */
export async function readCompanyFiles(
  places: readonly string[] = companyFilePlaces(),
): Promise<CompanyEnvironments> {
  const environments = new Map<string, CompanyEnvironment>()
  let problem: JetwayError | null = null
  for (const path of places) {
    try {
      for (const environment of await readCompanyFile(path)) {
        if (!environments.has(environment.relayUrl)) environments.set(environment.relayUrl, environment)
      }
    } catch (error) {
      problem ??= asJetwayError(error)
    }
  }
  return { environments: [...environments.values()], problem }
}

async function readCompanyFile(path: string): Promise<CompanyEnvironment[]> {
  const text = await read(path, maxFileBytes)
  if (text === null) return []
  // Most machines have none, and then nothing of YAML is loaded.
  const { parseCompanyFile } = await import('./company-file.ts')
  return parseCompanyFile(path, text).map(({ ca, ...environment }) => ({
    ...environment,
    ...(ca === undefined ? {} : { ca: resolve(dirname(path), ca) }),
  }))
}

/** The authorities that a company's file names, as PEM. @throws COMPANY_FILE_INVALID */
export async function readCompanyAuthorities(path: string): Promise<string> {
  const pem = await read(path, maxCaBytes)
  if (pem === null) throw invalid(path, 'is not there')
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw invalid(path, 'holds no certificate in PEM form')
  return pem
}

async function read(path: string, maxBytes: number): Promise<string | null> {
  try {
    return await readSafely(path, maxBytes)
  } catch (error) {
    if (error instanceof UnsafeFile) throw invalid(path, error.message)
    throw error
  }
}

function invalid(path: string, what: string): JetwayError {
  return new JetwayError('COMPANY_FILE_INVALID', { reason: `${path} ${what}` })
}
