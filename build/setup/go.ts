import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { once } from './cache.ts'
import { run } from './run.ts'
import { ensureSystemPackages } from './system-packages.ts'

const oldest = { major: 1, minor: 22 }

/** Go 1.22 or newer, installed where there is none. @returns its version */
async function ensureGo(): Promise<string> {
  const installed = await goVersion()
  if (installed !== null) return installed
  await ensureSystemPackages(['go'])
  const version = await goVersion()
  if (version === null) throw new Error(`Go ${oldest.major}.${oldest.minor} or newer is needed, as go.`)
  return version
}

/**
 * Builds a Go program, with exactly the modules of its go.sum.
 *
 * @param folder a module of its own, whose package main is in the folder itself
 * @returns the program
 */
export async function ensureGoProgram(folder: string): Promise<string> {
  const version = await ensureGo()
  const hash = createHash('sha256')
  for (const name of (await readdir(folder)).sort())
    hash.update(name).update(await readFile(join(folder, name)))
  const name = basename(folder)
  const key = `go-${name}-${version}-${hash.digest('hex').slice(0, 12)}`
  const built = await once(key, async (target) => {
    await run('go', ['build', '-trimpath', '-o', join(target, name), '.'], { cwd: folder })
  })
  return join(built, name)
}

async function goVersion(): Promise<string | null> {
  const text = await run('go', ['version']).catch(() => '')
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(text) ?? []
  return Number(major) === oldest.major && Number(minor) >= oldest.minor ? `${major}.${minor}` : null
}
