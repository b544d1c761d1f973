/**
 * What `electron path/to/app` runs, in place of Electron's own default_app.asar: makes the named folder the app and
 * imports its entry. The await holds back `ready`, as Electron does for an entry of its own.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const folder = resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-')) ?? '.')
const { name, productName, version, desktopName, main } = JSON.parse(
  readFileSync(join(folder, 'package.json'), 'utf8'),
)
app.setName(productName ?? name)
app.setVersion(version)
if (desktopName) app.setDesktopName(desktopName)
app.setAppPath(folder)
try {
  await import(pathToFileURL(join(folder, main)).href)
} catch (error) {
  console.error(error)
  app.exit(1)
}
