import type { Fault } from './find-fault.ts'
import { faultAt, findFault } from './find-fault.ts'
import { Findings } from './findings.ts'
import { LogFiles } from './log-files.ts'
import { LogLines, type PlacedLine } from './log-lines.ts'
import { Frontier, leafHash } from './merkle-tree.ts'
import type { Verifier } from './note.ts'
import { type OutsideCheckpoint, readSignedSizes, type SignedSizes } from './signed-sizes.ts'

/** What a verifier found out. */
export interface Report {
  /** Null where the log is as it was written. */
  readonly fault: Fault | null
  /** Sequence number of the first record that is there; what was before was retired. */
  readonly first: number
  /** Records up to the last one that is in order, the retired ones among them. */
  readonly size: number
  /** Records that a checkpoint covers. */
  readonly signedSize: number
  /** When the last checkpoint was signed, ISO 8601; null for none. */
  readonly signedAt: string | null
  /** How many checkpoints were held against the records. */
  readonly checkpoints: number
  readonly findings: readonly string[]
}

/**
 * Verifies a log by its public key alone: its chain line by line, its tree at each checkpoint.
 *
 * @param outside checkpoints that were kept elsewhere: without one, nobody can tell that the end of a log was taken
 *   away together with the checkpoints of it
 */
export async function verifyLog(
  file: string,
  verifier: Verifier,
  outside: readonly OutsideCheckpoint[] = [],
): Promise<Report> {
  const files = new LogFiles(file)
  const readSigned = () => readSignedSizes(files, verifier, outside)
  const signed = await readSigned()
  const walk = new Walk(files, signed, readSigned)
  try {
    const fault = signed.fault ?? (await walk.begin()) ?? (await walk.toEnd())
    return { fault, ...walk.report() }
  } finally {
    await walk.close()
  }
}

class Walk {
  readonly #files: LogFiles
  #signed: SignedSizes
  readonly #readSigned: () => Promise<SignedSizes>
  readonly #findings = new Findings()
  readonly #lines: LogLines
  #frontier = new Frontier()
  #first = 0
  #last: PlacedLine | null = null
  #hash: string | null = null
  /** The first line that no good checkpoint covers yet. */
  #unsure: PlacedLine | null = null
  #checkpoints = 0
  #retired = 0

  constructor(files: LogFiles, signed: SignedSizes, readSigned: () => Promise<SignedSizes>) {
    this.#files = files
    this.#signed = signed
    this.#readSigned = readSigned
    this.#lines = new LogLines(files)
  }

  close(): Promise<void> {
    return this.#lines.close()
  }

  report(): Omit<Report, 'fault'> {
    const kept = this.#signed.kept.at(-1)
    return {
      first: this.#first,
      size: this.#frontier.size,
      signedSize: kept?.size ?? 0,
      signedAt: kept?.time ?? null,
      checkpoints: this.#checkpoints,
      findings: this.#findings.all,
    }
  }

  /** A log whose first segments were retired begins at a checkpoint. */
  async begin(): Promise<Fault | null> {
    const [segment] = await this.#files.segments()
    const first = segment?.first ?? 0
    if (first === 0 || segment === undefined) return null
    const kept = this.#signed.kept.find(({ size }) => size === first)
    if (!kept) {
      const what = `Records 0 to ${first - 1} are missing, and no checkpoint stands for them.`
      return { kind: 'removed', file: segment.path, line: 1, what }
    }
    this.#first = first
    this.#frontier = kept.frontier.copy()
    this.#hash = kept.last
    return null
  }

  async toEnd(): Promise<Fault | null> {
    for (let line = await this.#lines.next(); line !== null; line = await this.#lines.next()) {
      // It is being written, or the relay takes it out when it starts.
      if (!line.isWhole && line.file === this.#files.active) break
      const fault = (await this.#chain(line)) ?? (await this.#speaks(line)) ?? this.#tree(line)
      if (fault) return fault
    }
    return this.#end()
  }

  async #chain(line: PlacedLine): Promise<Fault | null> {
    const [seq, prev] = [this.#frontier.size, this.#hash]
    if (line.link?.seq !== seq || line.link.prev !== prev)
      return findFault(this.#last, { seq, prev }, line, this.#lines)
    this.#frontier.push(leafHash(line.bytes))
    this.#hash = line.hash
    this.#last = line
    this.#unsure ??= line
    return null
  }

  /** What the log says of itself has to be so. */
  async #speaks(line: PlacedLine): Promise<Fault | null> {
    const record = this.#findings.read(line, this.#frontier.size - 1)
    if (record?.verb === 'log.retire') this.#retired = Math.max(this.#retired, Number(record.detail.first))
    const named = record?.checkpoint
    if (!named || named.size < this.#first) return null
    if (this.#rootOf(named.size) === named.root) return null
    // A relay may have signed it after the checkpoints were read.
    this.#signed = await this.#readSigned()
    if (this.#rootOf(named.size) === named.root) return this.#signed.fault
    const what = `The checkpoint of ${named.size} records that this record names is not in ${this.#files.checkpoints}.`
    return faultAt('removed', line, what)
  }

  #rootOf(size: number): string | undefined {
    return this.#signed.bySize.get(size)?.root.toString('base64')
  }

  #tree(line: PlacedLine): Fault | null {
    const signed = this.#signed.bySize.get(this.#frontier.size)
    if (!signed) return null
    if (signed.root.equals(this.#frontier.root)) {
      this.#checkpoints += 1
      this.#unsure = null
      return null
    }
    const { size } = this.#frontier
    const of = signed.isOutside ? `The checkpoint in ${signed.file}` : `The checkpoint of ${size} records`
    if (signed.isOutside) return faultAt('forked', line, `${of} is not of this log.`)
    const what = `${of} was signed for other records: one from here to record ${size - 1} was changed, and what follows it made to fit.`
    return faultAt('changed', this.#unsure ?? line, what)
  }

  #end(): Fault | null {
    const { size } = this.#frontier
    if (this.#first > this.#retired) {
      const [file, what] = [
        this.#files.active,
        `Records 0 to ${this.#first - 1} are missing, and no record says that they were retired.`,
      ]
      return { kind: 'removed', file, line: null, what }
    }
    const beyond = [...this.#signed.bySize].find(([signedSize]) => signedSize > size)
    if (!beyond) return null
    return {
      kind: 'truncated',
      file: this.#last?.file ?? this.#files.active,
      line: this.#last?.number ?? null,
      what: `The log ends here with ${size} records, and a checkpoint of ${beyond[0]} was signed (${beyond[1].file}).`,
    }
  }
}
