import { ownerOnLinux } from './linux.ts'
import { ownerOnMacos } from './macos.ts'
import { ownerOnWindows } from './windows.ts'

export interface PortOwner {
  readonly program: string
  readonly pid: number
}

/** The program that listens on a port of this machine, in words; null where it cannot be known. */
export async function findPortOwner(port: number): Promise<string | null> {
  const owner = await findOwner(port).catch(() => null)
  return owner && `${owner.program} (process ${owner.pid})`
}

function findOwner(port: number): Promise<PortOwner | null> {
  switch (process.platform) {
    case 'darwin':
      return ownerOnMacos(port)
    case 'win32':
      return ownerOnWindows(port)
    default:
      return ownerOnLinux(port)
  }
}
