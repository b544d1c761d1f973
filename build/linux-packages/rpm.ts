import { cp, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../setup/run.ts'
import type { PackageOptions } from './options.ts'

/** Debian's names of processors, which electron-builder says, in rpm's words. */
const architectures: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' }

/**
 * @param tree what is installed; what rpmbuild makes on its way is kept beside it
 * @see https://rpm-software-management.github.io/rpm/manual/spec.html
 */
export async function buildRpm(tree: string, o: PackageOptions): Promise<void> {
  const folder = dirname(tree)
  const spec = join(folder, `${o.name}.spec`)
  await writeFile(spec, await specOf(tree, o))
  const macros = {
    _topdir: join(folder, 'rpmbuild'),
    _rpmdir: folder,
    _rpmfilename: 'made.rpm',
    _binary_payload: `w${o.level}.zstdio`,
    // What is packed is finished: nothing is stripped, and nothing asked for that is not named.
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _build_id_links: 'none',
    // Not the name of the machine.
    _buildhost: 'localhost',
  }
  const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`])
  await run('rpmbuild', [
    '-bb',
    '--quiet',
    '--target',
    architectures[o.architecture] ?? o.architecture,
    ...defines,
    spec,
  ])
  await cp(join(folder, 'made.rpm'), o.output)
}

async function specOf(tree: string, o: PackageOptions): Promise<string> {
  const script = async (file: string) => literal(await readFile(file, 'utf8'))
  return `Name: ${literal(o.name)}
Version: ${literal(o.version)}
Release: 1
Summary: ${literal(o.summary)}
License: ${literal(o.licence)}
Vendor: ${literal(o.vendor)}
Packager: ${literal(o.maintainer)}
URL: ${literal(o.url)}
Group: ${literal(o.category)}
AutoReqProv: no
${o.depends.map((name) => `Requires: ${literal(name)}\n`).join('')}
%description
${literal(o.description)}

%install
cp -al "${tree}/." "%{buildroot}/"

%post
${await script(o.afterInstall)}
%postun
${await script(o.afterRemove)}
%files
%defattr(-,root,root,-)
${o.contents.map(({ to }) => `"${literal(to)}"\n`).join('')}`
}

/** Text that no macro is read in. */
function literal(text: string): string {
  return text.replaceAll('%', '%%')
}
