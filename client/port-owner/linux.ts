import { readdir, readFile, readlink } from 'node:fs/promises'
import type { PortOwner } from './port-owner.ts'

const listenState = '0A'

/** The program that listens on a port; null where it cannot be known, as with another person's. */
export async function ownerOnLinux(port: number): Promise<PortOwner | null> {
  const inode = await findListenerInode(port)
  return inode === null ? null : findProcessOfInode(inode)
}

/** See proc(5), /proc/net/tcp: local address in the second column, state in the fourth, inode in the tenth. */
async function findListenerInode(port: number): Promise<string | null> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(file, 'utf8')).split('\n').slice(1)
    for (const line of lines) {
      const columns = line.trim().split(/\s+/)
      if (columns[1]?.endsWith(suffix) && columns[3] === listenState) return columns[9] ?? null
    }
  }
  return null
}

async function findProcessOfInode(inode: string): Promise<PortOwner | null> {
  const wanted = `socket:[${inode}]`
  for (const pid of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const fd of descriptors) {
      if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')) === wanted) {
        return { program: (await readFile(`/proc/${pid}/comm`, 'utf8')).trim(), pid: Number(pid) }
      }
    }
  }
  return null
}
