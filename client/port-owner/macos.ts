import { outputOf } from './output-of.ts'
import type { PortOwner } from './port-owner.ts'

/** The program that listens on a port, as lsof(8) says; null where it cannot be known, as with another person's. */
export async function ownerOnMacos(port: number, lsof = '/usr/sbin/lsof'): Promise<PortOwner | null> {
  return readLsof(await outputOf(lsof, ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']))
}

/** Of `-F`: a field a line, by its first character; a process is `p`, its command `c`. */
export function readLsof(output: string): PortOwner | null {
  const field = (name: string) => new RegExp(`^${name}(.+)$`, 'm').exec(output)?.[1]
  const [pid, program] = [Number(field('p')), field('c')]
  return Number.isInteger(pid) && program !== undefined ? { program, pid } : null
}
