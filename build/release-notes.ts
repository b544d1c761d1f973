/**
 * `npm run release-notes -- [from] [to]`: what is new between two commits, as Markdown out of their messages (Conventional
 * Commits 1.0.0). Without `from` it is the last tag before `to`, or the beginning; without `to` it is HEAD.
 */

import { releaseNotes } from './release-notes/format.ts'
import { run } from './setup/run.ts'

const [from, to = 'HEAD'] = process.argv.slice(2)
const git = (...args: string[]) => run('git', args)
const start =
  from ??
  (await git('describe', '--tags', '--abbrev=0', `${to}^`).then(
    (tag) => tag.trim(),
    () => null,
  ))
const range = start === null ? to : `${start}..${to}`
const log = await git('log', '--no-merges', '--format=%s%x00%b%x1e', range)
process.stdout.write(releaseNotes(log))
