import { userInfo } from 'node:os'

/** Who runs a command, as they are known to the machine. */
export function operator(): string {
  return process.env.SUDO_USER ?? userInfo().username
}
