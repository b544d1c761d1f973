import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from './cache.ts'
import { run } from './run.ts'
import { ensureSystemPackages } from './system-packages.ts'

const oldest = { major: 3, minor: 10 }
const here = import.meta.dirname

/** Airflow 3.3.2 in a venv of its own. @returns the venv's folder of programs */
export function ensureAirflow(): Promise<string> {
  return ensureVenv('airflow', join(here, 'airflow.lock.txt'))
}

/** Airflow 2.11.2 in a venv of its own. @returns the venv's folder of programs */
export function ensureAirflow2(): Promise<string> {
  return ensureVenv('airflow-2', join(here, 'airflow-2.lock.txt'))
}

/** What the Python package in airflow/ is built, checked and tested with. @returns the venv's folder of programs */
export function ensureAirflowPackageTools(): Promise<string> {
  return ensureVenv('airflow-package', join(here, 'airflow-package.lock.txt'))
}

/** Airflow's REST client from PyPI. @returns the venv's folder of programs */
export function ensureAirflowClient(): Promise<string> {
  return ensureVenv('airflow-client', join(here, 'airflow-client.lock.txt'))
}

/** moto, which answers as AWS does. @returns the venv's folder of programs */
export function ensureMoto(): Promise<string> {
  return ensureVenv('moto', join(here, 'moto.lock.txt'))
}

/** A venv with exactly the packages of a lock file, each held against its hash. */
async function ensureVenv(name: string, lockFile: string): Promise<string> {
  const python = await findPython()
  const uvLock = join(here, 'uv.lock.txt')
  const hash = createHash('sha256')
    .update(await readFile(lockFile))
    .update(await readFile(uvLock))
  const key = `${name}-${python.version}-${hash.digest('hex').slice(0, 12)}`
  const venv = await once(
    key,
    async (folder) => {
      await makeVenv(python.command, folder)
      const bin = join(folder, 'bin')
      await run(join(bin, 'python'), ['-m', 'pip', 'install', '-q', '--require-hashes', '-r', uvLock])
      await run(join(bin, 'uv'), [
        'pip',
        'install',
        '-q',
        '--require-hashes',
        '--python',
        join(bin, 'python'),
        '-r',
        lockFile,
      ])
    },
    { inPlace: true },
  )
  return join(venv, 'bin')
}

async function makeVenv(python: string, folder: string): Promise<void> {
  try {
    await run(python, ['-m', 'venv', folder])
  } catch {
    // Debian keeps venv in a package of its own.
    await ensureSystemPackages(['python'])
    await run(python, ['-m', 'venv', '--clear', folder])
  }
}

async function findPython(): Promise<{ command: string; version: string }> {
  for (const command of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const text = await run(command, ['--version']).catch(() => '')
    const [, major, minor] = /Python (\d+)\.(\d+)/.exec(text) ?? []
    if (Number(major) === oldest.major && Number(minor) >= oldest.minor) {
      return { command, version: `${major}.${minor}` }
    }
  }
  throw new Error('Python 3.10 or newer is needed, as python3.')
}
