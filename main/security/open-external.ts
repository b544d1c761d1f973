import { shell } from 'electron'
import { JetwayError } from '#shared/errors/jetway-error.ts'

/**
 * Opens a URL that the engine gave in the system browser. Anything but http and https could start any program
 * of this machine, and user info in a URL is a way to make it read as another one.
 *
 * @throws INTERNAL for another kind of URL, and when the system has no browser
 */
export async function openExternal(given: string): Promise<void> {
  const url = URL.canParse(given) ? new URL(given) : null
  const web = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url === null || !web || url.username !== '' || url.password !== '') throw new JetwayError('INTERNAL')
  try {
    await shell.openExternal(url.href)
  } catch (error) {
    throw new JetwayError('INTERNAL', {}, { cause: error })
  }
}
