/**
 * What `electron [-r module]… path/to/app` runs, in place of Electron's own default_app.asar: requires the modules,
 * makes the named folder the app and imports its entry. The await holds back `ready`, as Electron does for an entry of its own.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const { folder, modules } = readArguments(process.argv.slice(1))
const require = createRequire(join(folder, 'package.json'))
for (const module of modules) require(module)
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

function readArguments(rest) {
  const required = []
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '-r' || argument === '--require') required.push(resolve(rest.shift()))
    else if (!argument.startsWith('-')) return { folder: resolve(argument), modules: required }
  }
  return { folder: resolve('.'), modules: required }
}
