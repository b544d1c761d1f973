import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../build/setup/run.ts'

test('what Jetway adds to the uninstaller of Windows compiles', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jetway-nsis-'))
  try {
    const script = join(folder, 'installer.nsi')
    const include = join(import.meta.dirname, '../../build/package/installer.nsh')
    await writeFile(
      script,
      `Unicode true
Name Jetway
OutFile "${folder}/installer.exe"
RequestExecutionLevel user
!include LogicLib.nsh
!include FileFunc.nsh
!macro _isUpdated _a _b _t _f
  StrCmp "updated" "$R9" \`\${_t}\` \`\${_f}\`
!macroend
!define isUpdated \`"" isUpdated ""\`
!include "${include}"
Section Install
  WriteUninstaller "${folder}/uninstall.exe"
SectionEnd
Section Uninstall
  !insertmacro customUnInstall
SectionEnd
`,
    )
    await run('makensis', ['-WX', '-V2', script])
    expect((await readFile(join(folder, 'installer.exe'))).subarray(0, 2).toString()).toBe('MZ')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
